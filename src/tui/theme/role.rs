//! What a piece of the screen means. Views know roles only; a theme says how each one looks.

/// Declares the roles once, with the name by which theme files call each.
macro_rules! roles {
    ($($(#[$doc:meta])* $role:ident = $name:literal),+ $(,)?) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Role {
            $($(#[$doc])* $role),+
        }

        impl Role {
            pub const ALL: &'static [Self] = &[$(Self::$role),+];

            /// As theme files spell it. `a.b` falls back to `a`, and that to `text`.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$role => $name),+
                }
            }
        }
    };
}

roles! {
    /// What all others fall back to.
    Text = "text",
    /// What is there for whoever looks twice.
    Muted = "muted",
    Title = "title",
    TitleFocus = "title.focus",
    Heading = "heading",
    Brand = "brand",
    Border = "border",
    BorderFocus = "border.focus",
    Tab = "tab",
    TabActive = "tab.active",
    Selection = "selection",
    SelectionInactive = "selection.inactive",
    /// The bar in front of the selected row.
    Marker = "marker",
    MarkerInactive = "marker.inactive",
    Key = "key",
    Hint = "hint",
    Label = "label",
    Info = "level.info",
    Ok = "level.ok",
    Warn = "level.warn",
    Error = "level.error",
    /// A filled badge: something stands still until a person acts.
    Alarm = "level.alarm",
    Critical = "severity.critical",
    High = "severity.high",
    Medium = "severity.medium",
    Low = "severity.low",
    Production = "env.production",
    OtherEnvironment = "env.other",
    ModeEnforce = "mode.enforce",
    ModeObserve = "mode.observe",
    DiffAdd = "diff.add",
    DiffRemove = "diff.remove",
    DiffSame = "diff.same",
    StepDone = "step.done",
    StepNow = "step.now",
    StepToCome = "step.to-come",
    StepFailed = "step.failed",
    CardFrame = "card.frame",
    CardTarget = "card.target",
    CardLocked = "card.locked",
    Button = "button",
    ButtonOff = "button.off",
    ButtonFocus = "button.focus",
    ButtonDanger = "button.danger",
    Progress = "progress",
    ProgressRest = "progress.rest",
    Field = "field",
}

impl Role {
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|role| role.name() == name)
    }
}
