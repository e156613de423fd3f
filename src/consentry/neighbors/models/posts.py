"""Posts, their versions, pictures, comments and thanks; where they are placed and who saw which version."""

from django.db import models
from django.db.models.functions import Now

STATES = ["removed", "shown", "withdrawn"]
CATEGORIES = ["crime", "good_news", "hazard", "lost_and_found", "safety"]


class Post(models.Model):
    """One post. Its author is known here and to nobody who reads."""

    number = models.BigAutoField(primary_key=True)
    id = models.TextField(unique=True, db_comment="PostId, random")
    author = models.ForeignKey("accounts.Person", on_delete=models.CASCADE, related_name="+")
    category = models.TextField(db_comment="types.PostCategory")
    text = models.TextField(db_comment="The newest version, at most 2,000 characters")
    cell = models.TextField(db_comment="Published cell of the author or a parent, as they chose (H3, hex)")
    is_urgent = models.BooleanField(default=False, db_comment="True: followers are woken at once")
    version = models.PositiveSmallIntegerField(default=1, db_comment="Rises with each correction")
    state = models.TextField(default="shown", db_comment="types.PostState")
    reason = models.TextField(blank=True, default="", db_comment="types.RemovalReason, why it was removed")
    salt = models.BinaryField(null=True, db_comment="16 bytes that open the commitment of its removal; author only")
    made_at = models.DateTimeField(db_default=Now(), db_comment="UTC")
    corrected_at = models.DateTimeField(null=True, db_comment="UTC, the newest version's time")

    class Meta:
        db_table = "neighbors_post"
        db_table_comment = "Posts of neighbours"
        constraints = [
            models.CheckConstraint(condition=models.Q(state__in=STATES), name="neighbors_post_state_known"),
            models.CheckConstraint(condition=models.Q(category__in=CATEGORIES), name="neighbors_post_category_known"),
        ]
        indexes = [
            models.Index(fields=["author", "-number"], name="neighbors_post_by_author"),
            models.Index(fields=["cell", "-number"], name="neighbors_post_in_cell"),
        ]

    def __str__(self) -> str:
        return self.id


class PostVersion(models.Model):
    """An earlier text of a post, kept so that a correction shows what it corrected."""

    id = models.BigAutoField(primary_key=True)
    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="versions")
    version = models.PositiveSmallIntegerField(db_comment="1 is the first")
    text = models.TextField(db_comment="As it stood")
    category = models.TextField(db_comment="types.PostCategory, as it stood")
    until = models.DateTimeField(db_comment="UTC, when it was corrected")

    class Meta:
        db_table = "neighbors_post_version"
        db_table_comment = "Texts that were corrected"
        constraints = [models.UniqueConstraint(fields=["post", "version"], name="neighbors_version_once")]

    def __str__(self) -> str:
        return f"{self.post_id} {self.version}"


class Placed(models.Model):
    """A shown post under its own cell and each parent: what the feed is read from. Gone while a post is not shown."""

    id = models.BigAutoField(primary_key=True)
    post = models.ForeignKey(Post, on_delete=models.CASCADE, db_column="number", related_name="places")
    cell = models.TextField(db_comment="H3, hex; the post's cell or a parent of it")
    is_own = models.BooleanField(db_comment="True for the cell that the author chose")
    category = models.TextField(db_comment="types.PostCategory")

    class Meta:
        db_table = "neighbors_placed"
        db_table_comment = "Shown posts by cell, newest first by number"
        indexes = [
            models.Index(fields=["cell", "-post"], name="neighbors_placed_in"),
            models.Index(fields=["cell", "category", "-post"], name="neighbors_placed_of"),
            models.Index(fields=["cell", "-post"], name="neighbors_placed_own", condition=models.Q(is_own=True)),
            # Without it a page of one category reads every post of a wide cell to find that none is its own.
            models.Index(
                fields=["cell", "category", "-post"], name="neighbors_placed_own_of", condition=models.Q(is_own=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cell} {self.post_id}"


class AgencyPost(models.Model):
    """A post that its author sent to the agencies of the quarter."""

    id = models.BigAutoField(primary_key=True)
    agency = models.TextField(db_comment="AgencyId")
    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="+")

    class Meta:
        db_table = "neighbors_agency_post"
        db_table_comment = "Posts that their authors sent to an agency"
        constraints = [models.UniqueConstraint(fields=["agency", "post"], name="neighbors_agency_post_once")]

    def __str__(self) -> str:
        return f"{self.agency} {self.post_id}"


class Picture(models.Model):
    """A picture or video, made anew from what was sent; the file lies in DATA/neighbors under the id."""

    id = models.TextField(primary_key=True, db_comment="PictureId, random")
    owner = models.ForeignKey("accounts.Person", on_delete=models.CASCADE, related_name="+")
    post = models.ForeignKey(Post, null=True, on_delete=models.CASCADE, related_name="pictures")
    place = models.PositiveSmallIntegerField(default=0, db_comment="Order in the post")
    kind = models.TextField(db_comment="picture or video")
    state = models.TextField(db_comment="waiting, ready, posted or refused")
    said = models.TextField(blank=True, default="", db_comment="Kind of what was wrong with a refused one")
    width_px = models.PositiveIntegerField(default=0, db_comment="Of what was made, upright")
    height_px = models.PositiveIntegerField(default=0, db_comment="Of what was made, upright")
    faces = models.JSONField(default=list, db_comment="[[left, top, right, bottom]] in 1/10,000, found; until posted")
    cover_faces = models.BooleanField(default=True, db_comment="Of a video: cover every face that the finder finds")
    sent_at = models.DateTimeField(db_default=Now(), db_comment="UTC; thrown away after a day without a post")

    class Meta:
        db_table = "neighbors_picture"
        db_table_comment = "Pictures and videos of posts; nothing of the sent file is kept"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=["waiting", "ready", "posted", "refused"]), name="neighbors_picture_state"
            ),
        ]
        indexes = [
            models.Index(fields=["sent_at"], name="neighbors_picture_loose", condition=models.Q(post=None)),
        ]

    def __str__(self) -> str:
        return self.id


class Comment(models.Model):
    """An answer below a post, of a neighbour or of an agency."""

    id = models.TextField(primary_key=True, db_comment="CommentId, random")
    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="comments")
    author = models.ForeignKey("accounts.Person", on_delete=models.CASCADE, related_name="+")
    agency = models.TextField(blank=True, default="", db_comment="AgencyId that answers, empty for a neighbour")
    text = models.TextField(db_comment="At most 1,000 characters")
    state = models.TextField(default="shown", db_comment="types.PostState")
    reason = models.TextField(blank=True, default="", db_comment="types.RemovalReason, why it was removed")
    salt = models.BinaryField(null=True, db_comment="16 bytes that open the commitment of its removal; author only")
    made_at = models.DateTimeField(db_default=Now(), db_comment="UTC")

    class Meta:
        db_table = "neighbors_comment"
        db_table_comment = "Answers below posts"
        constraints = [models.CheckConstraint(condition=models.Q(state__in=STATES), name="neighbors_comment_state")]
        indexes = [
            models.Index(fields=["post", "made_at"], name="neighbors_comment_of"),
            models.Index(fields=["author", "made_at"], name="neighbors_comment_by"),
        ]

    def __str__(self) -> str:
        return self.id


class Thanks(models.Model):
    """One neighbour thanks for one post."""

    id = models.BigAutoField(primary_key=True)
    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="thanks")
    person = models.ForeignKey("accounts.Person", on_delete=models.CASCADE, related_name="+")

    class Meta:
        db_table = "neighbors_thanks"
        db_table_comment = "Who thanked; shown as a number only"
        constraints = [models.UniqueConstraint(fields=["post", "person"], name="neighbors_thanks_once")]

    def __str__(self) -> str:
        return f"{self.post_id}"


class Seen(models.Model):
    """Which version of a post or alert somebody was shown, so that a correction reaches them; kept for 30 days."""

    id = models.BigAutoField(primary_key=True)
    subject = models.TextField(db_comment="PostId or AlertId")
    person = models.ForeignKey("accounts.Person", on_delete=models.CASCADE, related_name="+")
    version = models.PositiveSmallIntegerField(db_comment="The newest that they were shown")
    at = models.DateTimeField(db_default=Now(), db_comment="UTC")

    class Meta:
        db_table = "neighbors_seen"
        db_table_comment = "Who was shown which version; used for corrections alone, read by nobody"
        constraints = [models.UniqueConstraint(fields=["subject", "person"], name="neighbors_seen_once")]
        indexes = [models.Index(fields=["at"], name="neighbors_seen_old")]

    def __str__(self) -> str:
        return self.subject
