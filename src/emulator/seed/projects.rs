//! Projects that are given, with their servers, tokens, settings, folders and secrets.

use std::collections::HashSet;

use http::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::given::{Maker, ask, at, is_new, operation};
use super::read::{Item, within, wrong};
use super::resources::add;
use crate::emulator::fields::Object;
use crate::emulator::resource::Kind;
use crate::emulator::secrets;
use crate::emulator::vault::Plain;

impl Maker<'_> {
    /// Adds a project with all that is in it.
    pub(super) fn project(&mut self, group: Uuid, item: Item) -> Result<(), String> {
        let mut fields = item.object()?;
        let servers = fields.list("servers")?.unwrap_or_default();
        let tokens = fields.list("server_enrollment_tokens")?.unwrap_or_default();
        let folders = fields.list("secret_folders")?.unwrap_or_default();
        let settings = fields.take("settings");
        let path = format!("resource_groups/{group}/projects");
        let project = self.post(Kind::Project, &path, fields)?;

        let path = format!("{path}/{project}");
        let mut names = HashSet::new();
        for item in servers {
            self.server(group, project, item, &mut names)?;
        }
        for item in tokens {
            self.token(&path, item)?;
        }
        for item in folders {
            self.folder(&path, None, item)?;
        }
        match settings {
            Some(settings) => self.project_settings(&path, settings),
            None => Ok(()),
        }
    }

    /// Adds a server, which in the API nobody can: its agent enrolls it.
    fn server(
        &mut self,
        group: Uuid,
        project: Uuid,
        item: Item,
        names: &mut HashSet<String>,
    ) -> Result<(), String> {
        let mut fields = item.object()?;
        let id = self.id(&mut fields)?;
        let hostname = fields.need("hostname")?.text()?.to_owned();
        let mut body = Object::new();
        for (field, usual) in [
            ("name", hostname.as_str()),
            ("os_type", "linux"),
            ("state", "ACTIVE"),
        ] {
            let text = fields.take(field);
            let text = text.as_ref().map_or(Ok(usual), Item::text)?;
            body.insert(field.to_owned(), json!(text));
        }
        if let Some(address) = fields.take("access_address") {
            body.insert("access_address".to_owned(), json!(address.text()?));
        }
        body.insert("hostname".to_owned(), json!(hostname));
        body.insert("id".to_owned(), json!(id));
        body.insert("project".to_owned(), json!({ "id": project }));
        body.insert("resource_group".to_owned(), json!({ "id": group }));
        let place = fields.place().to_owned();
        fields.end()?;
        is_new(names, &body, "hostname", &place)?;
        let body = self.read("Server", body, &place)?;
        add(
            self.store,
            Kind::Server,
            id,
            Some(project),
            &Value::Object(body),
        );
        Ok(())
    }

    fn token(&mut self, project: &str, item: Item) -> Result<(), String> {
        let mut fields = item.object()?;
        let token = fields.take("token");
        let path = format!("{project}/server_enrollment_tokens");
        let id = self.post(Kind::ServerEnrollmentToken, &path, fields)?;
        let all = self.store.resources.all_mut(Kind::ServerEnrollmentToken);
        if let (Some(token), Some(made)) = (token, all.by_id_mut(id)) {
            made.body.insert("token".to_owned(), json!(token.text()?));
        }
        Ok(())
    }

    fn folder(&mut self, project: &str, parent: Option<Uuid>, item: Item) -> Result<(), String> {
        let mut fields = item.object()?;
        let folders = fields.list("folders")?.unwrap_or_default();
        let secrets = fields.list("secrets")?.unwrap_or_default();
        fields.refuse("parent_folder_id")?;
        if let Some(parent) = parent {
            fields.put("parent_folder_id", json!(parent));
        }
        let path = format!("{project}/secret_folders");
        let folder = self.post(Kind::SecretFolder, &path, fields)?;
        for item in folders {
            self.folder(project, Some(folder), item)?;
        }
        for item in secrets {
            self.secret(project, folder, item)?;
        }
        Ok(())
    }

    /// Adds a secret, whose value comes in the clear: nobody has a key to seal it to yet.
    fn secret(&mut self, project: &str, folder: Uuid, item: Item) -> Result<(), String> {
        let mut fields = item.object()?;
        let id = self.id(&mut fields)?;
        let value = fields.need("value")?;
        let plain = Plain::new(value.text()?.as_bytes().to_vec());
        for field in ["parent_folder_id", "secret_jwe"] {
            fields.refuse(field)?;
        }
        fields.put("parent_folder_id", json!(folder));
        fields.put("secret_jwe", json!("-"));
        let (place, body) = fields.rest();
        let body = self.read("SecretWrite", body, &place)?;
        let ask = ask(&Method::POST, &format!("{project}/secrets"))?;
        let visit = self.visit(&ask, operation(&ask, &place)?, body);
        let draft = secrets::draft(self.store, &visit);
        let kept = draft.and_then(|draft| secrets::put(self.store, id, draft, plain));
        kept.map_err(|problem| at(&place, &problem))
    }

    fn project_settings(&mut self, project: &str, item: Item) -> Result<(), String> {
        let (place, settings) = item.object()?.rest();
        for (name, value) in settings {
            let place = within(&place, &name);
            let is_known = name.ends_with("_settings") && !name.contains(['/', '%', '?', '#']);
            let Value::Object(body) = value else {
                return Err(wrong(&place, "not an object"));
            };
            if !is_known {
                return Err(wrong(&place, "unknown field"));
            }
            self.send(&Method::PUT, &format!("{project}/{name}"), body, &place)?;
        }
        Ok(())
    }
}
