//! `sixfold init`: a config to begin with.

use std::{
    fs::OpenOptions,
    io::{ErrorKind, Write as _},
    path::Path,
};

use color_eyre::{
    Result,
    eyre::{WrapErr as _, bail},
};

use super::{exit, print};
use crate::config::TEMPLATE;

/// Never overwrites.
pub fn run(path: &Path) -> Result<u8> {
    let file = OpenOptions::new().write(true).create_new(true).open(path);
    if matches!(&file, Err(error) if error.kind() == ErrorKind::AlreadyExists) {
        bail!(
            "{} is there already, and was not touched: give another name, or move it away first",
            path.display()
        );
    }
    file.and_then(|mut file| file.write_all(TEMPLATE.as_bytes()))
        .wrap_err_with(|| format!("{} can't be written", path.display()))?;
    print::line(format!(
        "{} is written: mode \"observe\", nothing will be changed.\nNext: `sixfold doctor`, then `sixfold scan`.",
        path.display()
    ))?;
    Ok(exit::OK)
}
