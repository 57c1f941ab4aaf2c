//! Policies as a whole.

mod cases;
mod examples;
mod faults;
mod reference;
mod texts;
