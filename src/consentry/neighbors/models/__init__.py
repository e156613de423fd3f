"""Tables of this room."""

from consentry.neighbors.models.alerts import Alert, AlertCell
from consentry.neighbors.models.people import FollowPiece, MaskAsk, MaskNote, Neighbor
from consentry.neighbors.models.posts import AgencyPost, Comment, Picture, Placed, Post, PostVersion, Seen, Thanks
from consentry.neighbors.models.reviews import Report, Review
from consentry.neighbors.models.telling import Telling

__all__ = [
    "AgencyPost", "Alert", "AlertCell", "Comment", "FollowPiece", "MaskAsk", "MaskNote", "Neighbor", "Picture",
    "Placed", "Post", "PostVersion", "Report", "Review", "Seen", "Telling", "Thanks",
]  # fmt: skip
