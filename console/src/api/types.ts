/** Our names for what the server says. The shapes are the server's own: `schema.d.ts` is made by `npm run gen`. */
import type { components } from "./schema";

export type Schemas = components["schemas"];

export type Role = Schemas["Role"];
export type Seat = Schemas["SeatOut"];
export type Session = Schemas["SessionOut"];
export type DemoDoor = Schemas["DoorOut"];
export type DemoEntry = Schemas["EnteredOut"];

export type Incident = Schemas["IncidentOut"];
export type IncidentDetail = Schemas["IncidentDetailOut"];
export type PublicCamera = Schemas["PublicCameraOut"];
export type MobilePlace = Schemas["MobilePlaceOut"];
export type Band = Schemas["CellProperties"]["band"];

export type Ask = Schemas["AskOut"];
export type AskSession = Schemas["AskSessionOut"];
export type Agreement = Schemas["AgreementOut"];
export type LiveSession = Schemas["LookSessionOut"];
export type Keep = Schemas["KeepOut"];
export type LookStage = LiveSession["stage"];
export type OpeningAnswer = Schemas["OpeningOut"];
export type PushKey = Schemas["PushKeyOut"];
export type OpeningRecord = Schemas["OpeningJson"];

export type Home = Schemas["HomeOut"];
export type HomeOfficer = Schemas["HomeOfficerOut"];
export type HomeCamera = Schemas["HomeCameraOut"];
export type Look = Schemas["LookOut"];
export type OwnerAsk = Schemas["OwnerAskOut"];
export type OwnRefusal = Schemas["OwnRefusalOut"];
export type OwnFlag = Schemas["OwnFlagOut"];

export type Terms = Schemas["TermsJson"];
export type Mask = Schemas["MaskJson"];
export type HourSpan = Schemas["HoursJson"];
export type Consent = Schemas["ConsentOut"];
export type Draft = Schemas["DraftOut"];
export type Consents = Schemas["ConsentsOut"];
export type Said = Schemas["SaidIn"];
export type Mandate = Schemas["MandateOut"];
export type Obligation = Schemas["ObligationOut"];
export type Waiver = Schemas["WaiverOut"];

export type OwnCamera = Schemas["CameraOut"];
export type PictureAnswer = Schemas["PictureOut"];
export type Edge = Schemas["EdgeOut"];
export type Pairing = Schemas["PrepareOut"];
export type OwnerKey = Schemas["OwnerKeyOut"];

export type Guest = Schemas["GuestOut"];
export type SharedCamera = Schemas["SharedOut"];
export type OwnEvent = Schemas["OwnEventOut"];
export type Notice = Schemas["NoticeOut"];
export type Wishes = Schemas["WishesOut"];

export type Policy = Schemas["PolicyOut"];
export type PolicyRule = Schemas["RuleOut"];
export type Decision = Schemas["DecisionOut"];
export type Replay = Schemas["ReplayOut"];
export type LookFlag = Schemas["FlagOut"];

export type Programme = Schemas["ProgrammeOut"];
export type ManagedProgramme = Schemas["ManagedOut"];
export type AgencyPerson = Schemas["AgencyPersonOut"];
export type Feed = Schemas["FeedOut"];
export type FeedTypes = Schemas["FeedTypesOut"];
export type CallType = Schemas["CallTypeOut"];
export type FeedAdded = Schemas["FeedAddedOut"];
export type QuarantinedRow = Schemas["QuarantineOut"];

export type PublicOverview = Schemas["OverviewOut"];
export type AreaLooks = Schemas["AreaLooksOut"];
export type DayOfLooks = Schemas["DayOut"];
export type PublicFeed = Schemas["FeedLine"];
export type PublicLook = Schemas["PublicLookOut"];
export type PublicLooks = Schemas["LooksOut"];

export type Item = Schemas["ItemOut"];
export type ItemDetail = Schemas["ItemDetailOut"];
export type ItemFile = Schemas["FileOut"];
export type CustodyAct = Schemas["ActOut"];
export type Hold = Schemas["HoldOut"];
export type Case = Schemas["CaseOut"];
export type Upload = Schemas["UploadOut"];
export type Disclosure = Schemas["DisclosureOut"];
export type DisclosureMade = Schemas["MadeOut"];
export type Export = Schemas["ExportOut"];
export type Redaction = Schemas["RedactionOut"];
export type RedactionEdited = Schemas["RedactionEditedOut"];
export type RedactionEdits = Schemas["RedactionEditsJson"];
export type RedactionFound = Schemas["RedactionFoundOut"];
export type FaceTrack = Schemas["FaceTrackOut"];
export type ReviewedRange = Schemas["ReviewedRangeOut"];
export type DrawnRegion = Schemas["RegionJson"];
export type SoundSpan = Schemas["SoundSpanJson"];
export type FrameCover = Schemas["CoverOut"];
export type Proved = Schemas["ProvedOut"];
export type Disclosed = Schemas["DisclosedOut"];
export type DisclosedItem = Schemas["DisclosedItemOut"];

export type VideoRequest = Schemas["RequestOut"];
export type AgencyRequest = Schemas["AgencyRequestOut"];
export type RequestPreview = Schemas["RequestPreviewOut"];
export type AgencyAnswer = Schemas["AgencyAnswerOut"];
export type HomeRequest = Schemas["HomeRequestOut"];
export type OwnAnswer = Schemas["OwnAnswerOut"];
export type NewAnswer = Schemas["NewAnswerIn"];
export type RequestWishes = Schemas["RequestWishesJson"];
export type PublicRequests = Schemas["RequestsOut"];
export type OrderIn = Schemas["OrderIn"];
export type OrderLine = Schemas["OrderLineJson"];
export type OrderKind = Schemas["OrderRowOut"]["kind"];
export type OrderRow = Schemas["OrderRowOut"];
export type CourtOrder = Schemas["OrderOut"];
export type OrderMade = Schemas["OrderMadeOut"];
export type OpenedIdentity = Schemas["OpenedIdentityOut"];
export type ServedOrder = Schemas["ServedOrderOut"];
export type HandOver = Schemas["HandOverOut"];
export type AgencyOrders = Schemas["AgencyOrdersOut"];
export type Cells = Schemas["CellCollection"];
export type Neighbor = Schemas["NeighborOut"];
export type Post = Schemas["PostOut"];
export type Posts = Schemas["PostsOut"];
export type PostCategory = Schemas["PostCategory"];
export type PostVersion = Schemas["VersionOut"];
export type PostComment = Schemas["CommentOut"];
export type PostPicture = Schemas["OwnPictureOut"];
export type RemovalReason = Schemas["RemovalReason"];
export type Review = Schemas["ReviewOut"];
export type OwnReview = Schemas["OwnReviewOut"];
export type Figures = Schemas["FiguresOut"];
export type MaskNote = Schemas["MaskNoteOut"];
export type Alert = Schemas["AlertOut"];
export type Tell = Schemas["Tell"];
export type Challenge = Schemas["ChallengeOut"];
export type Passkeys = Schemas["PasskeysOut"];
export type Where = Schemas["ItemsWhereOut"];
export type WholenessReport = Schemas["WholenessReportOut"];
export type Watched = Schemas["WatchOut"];
export type OwnData = Schemas["OwnDataOut"];
export type PersonalExport = Schemas["PersonalExportOut"];
export type Deletion = Schemas["DeletionOut"];
