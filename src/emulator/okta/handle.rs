//! What tests and demonstrations may ask of Okta's side, and do to it.

use super::super::Emulator;
use super::hidden::Hidden;
use super::totp;
use super::user::{Kind, Provider, User, Verdict};

impl Emulator {
    /// The API token that `SSWS` must show.
    pub fn okta_api_token(&self) -> Hidden {
        self.shared.world.lock().okta.config.api_token.clone()
    }

    /// Answers the pushes of one person that wait; says how many those are.
    pub fn okta_answer_push(&self, login: &str, verdict: Verdict) -> usize {
        let okta = &mut self.shared.world.lock().okta;
        let at = okta.directory.by_login(login);
        at.map_or(0, |at| okta.transactions.answer(at, verdict))
    }

    /// The code that the first TOTP factor of one person shows now.
    pub fn okta_totp(&self, login: &str) -> Option<String> {
        self.code(login, |_| true)
    }

    /// The code that the TOTP factor of one person and one provider shows now.
    pub fn okta_totp_of(&self, login: &str, provider: Provider) -> Option<String> {
        self.code(login, |known| known == provider)
    }

    /// Changes one person, who is unlocked by it, and keeps the login; says whether there is one.
    ///
    /// Another password counts as changed now; other factors have other ids.
    pub fn okta_edit(&self, login: &str, edit: impl FnOnce(&mut User)) -> bool {
        let now = self.shared.clock.now();
        let okta = &mut self.shared.world.lock().okta;
        okta.directory.edit(login, now, &mut okta.rng, edit)
    }

    fn code(&self, login: &str, wanted: impl Fn(Provider) -> bool) -> Option<String> {
        let step = totp::step(self.shared.clock.now());
        let okta = &self.shared.world.lock().okta;
        let account = okta.directory.account(okta.directory.by_login(login)?)?;
        let mut factors = account.user.factors.iter();
        let factor = factors.find(|known| known.kind == Kind::Totp && wanted(known.provider))?;
        totp::code(&factor.secret, step)
    }
}
