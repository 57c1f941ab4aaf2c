//! Policies as a whole.

mod cases;
mod faults;
mod reference;
mod texts;
