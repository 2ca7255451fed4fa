//! The six artifacts of a change, one type and one text rendering each. Screens, pushes, the audit
//! channel and the command line all print these boxes, so that the shape is one everywhere.

mod alert;
mod approval;
mod backup;
mod by_hand;
mod consent;
mod fix;
mod paging;
mod rollback;
mod ticket;

pub use alert::{Alert, Outcome};
pub use approval::{Approval, ApprovalRequest, Decision, Reason, ReasonCode};
pub use backup::{Backup, Summary};
pub use by_hand::{ByHand, HandRequest, Marked, Resolved};
pub use consent::{Agreed, Consent};
pub use fix::{Fix, FixStatus};
pub use paging::{Paging, PagingAction};
pub use rollback::Rollback;
pub use ticket::{Detection, Ticket};
