//! Which policies somebody gets who has these groups.

use super::Logins;
use super::entry::fold;

impl Logins {
    /// The policies of somebody who typed `name`, whom Okta calls `login` and who has these groups
    /// there: unsorted, as they were written.
    ///
    /// The name is taken as typed; where nobody has put it so, as Okta writes it, and then in any case
    /// if that leaves one: to Okta they are all the same account.
    pub(super) fn policies_of(
        &self,
        path: &str,
        name: &str,
        login: &str,
        groups: &[String],
    ) -> Vec<String> {
        let mounts = self.shared.mounts.read();
        let Some(mount) = mounts.get(path) else {
            return Vec::new();
        };
        let user = mount.users.get(name).or_else(|| mount.users.get(login));
        let user = user.or_else(|| {
            let all = mount.users.iter();
            let mut same = all.filter(|(own, _)| own.eq_ignore_ascii_case(name));
            let (_, found) = same.next()?;
            same.next().is_none().then_some(found)
        });
        let local = user.map(|user| user.groups.iter()).into_iter().flatten();
        let groups = groups.iter().chain(local);
        let mut policies: Vec<String> = groups
            .filter_map(|group| mount.groups.get(&fold(group)))
            .flat_map(|group| group.policies.iter().cloned())
            .collect();
        if let Some(user) = user {
            policies.extend(user.policies.iter().cloned());
        }
        policies
    }
}
