//! The parts of the screen's state that have rules of their own. None of them draws, asks or waits.

mod afterimage;
mod arming;
mod attention;
mod card;
mod coverage;
mod feeds;
mod finder;
mod ledger;
mod line;
mod list;
mod review;
mod said;
mod stop;
mod themes;
mod tour;

pub use afterimage::Afterimage;
pub use arming::{Arming, QUIET};
pub use attention::Attention;
pub use card::{Card, Focus, Phase, Purpose};
pub use coverage::Coverage;
pub use feeds::{Feeds, REST, Topic};
pub use finder::Finder;
pub use ledger::{Ledger, PAGE};
pub use line::LineEdit;
pub use list::{CHUNK, Keyed, List};
pub use review::Review;
pub use said::{Level, Message, Told};
pub use stop::Stop;
pub use themes::Themes;
pub use tour::Tour;
