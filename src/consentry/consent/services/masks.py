"""Keeps the masks that owners draw, so that each edge of a camera can be given the one that its terms name."""

from consentry.consent.models import Mask as MaskRow
from consentry.consent.queries import mask_of
from consentry.consent.types import Said
from consentry.kernel.canonical import canonical_json
from consentry.kernel.errors import Malformed, Refused
from consentry.kernel.ids import CameraId
from consentry.kernel.mask import mask_record, mask_sha256


def keep_mask(said: Said) -> None:
    """Keep the mask that came with terms, in the caller's transaction.

    Malformed when the terms name another one, Refused (`mask-missing`) when they name one that never came: the edge
    would stay closed for good.
    """
    camera, named = said.terms.camera_id, said.terms.view_attested.mask_sha256
    if said.mask is not None:
        if mask_sha256(said.mask) != named:
            raise Malformed("the terms name another mask")
        record = canonical_json(mask_record(said.mask)).decode()
        MaskRow.objects.get_or_create(camera_id=camera, sha256=named, defaults={"record": record})
    elif named and mask_of(camera, named) is None:
        raise Refused("the terms name a mask that was not sent", kind="mask-missing")


def forget_masks(camera: CameraId) -> None:
    """The camera is gone from the registry."""
    MaskRow.objects.filter(camera=camera).delete()
