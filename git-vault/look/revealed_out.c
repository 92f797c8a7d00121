#include "git-vault/look/revealed_out.h"

#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "base/path.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/identity_opt.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "key/keyring_store.h"
#include "record/record.h"
#include "restore/restore.h"
#include "safe/safe.h"
#include "safe/safe_reader.h"
#include "safe/safe_who.h"
#include "sys/env.h"

#define SHOWN  20
#define NAMED  6 /* files, before the line that counts them */
#define OWNERS 3 /* named in a hint */

int
gv_revealed_out_open(struct gv_safe **out, struct gv_ctx *ctx,
    const struct gv_record *rec, const struct gv_opt_list *identities)
{
	*out = NULL;
	/* of the index it is not counted */
	return rec->secrets || rec->format >= GV_RECORD_WITHHOLDS
	    ? gv_identity_opt_open(out, ctx, identities)
	    : 0;
}

void
gv_revealed_out_close(struct gv_ctx *ctx, struct gv_safe *safe)
{
	gv_identity_opt_tell(ctx, safe);
	gv_safe_close(safe);
}

void
gv_revealed_out_note(struct gv_ctx *ctx, const struct gv_record *rec)
{
	if (rec->secrets == 0)
		return;
	gv_out_say(ctx->out,
	    "snapshot %s has %" PRIu64
	    " encrypted secret%s; placeholders replace %s",
	    rec->id, rec->secrets, rec->secrets == 1 ? "" : "s",
	    rec->secrets == 1 ? "it" : "them");
}

/* Why its secrets were not written to a file. */
static void
say_crossing(
    struct gv_ctx *ctx, const struct gv_restore_change *c, const char *path)
{
	const char *is = c->is_left ? "left as it is" : "not complete";

	if (c->to_scope == NULL)
		gv_out_warn(ctx->out,
		    "%s is %s: it has a secret of scope %s, and the policy "
		    "stores this path in clear",
		    path, is, c->scope);
	else
		gv_out_warn(ctx->out,
		    "%s is %s: it has a secret of scope %s, and %s reads this "
		    "path (scope %s) but not that secret",
		    path, is, c->scope, c->new_reader, c->to_scope);
}

void
gv_revealed_out_crossed(
    struct gv_ctx *ctx, const struct gv_restore_result *res, const char *id)
{
	if (res->crossed)
		gv_out_say(ctx->out,
		    "to write these secrets all the same: git vault restore "
		    "%s --in-place --cross-scope",
		    id);
}

/* "anna, bo": who can change the keyring. */
static void
add_owners(struct gv_buf *out, const struct gv_keyring *k)
{
	size_t i, n = 0;

	for (i = 0; i < k->n_recipients; i++)
		if (k->recipients[i].role == GV_KEYRING_OWNER && n++ < OWNERS)
			gv_buf_addf(out, "%s%s", out->len ? ", " : "",
			    k->recipients[i].name);
}

/* A name for this user in the keyring. */
static const char *
user_name(void)
{
	const char *name = gv_env_get("USER");

	return name && gv_keyring_is_name(name, strlen(name)) ? name
							      : "colleague";
}

void
gv_revealed_out_access(struct gv_ctx *ctx, struct gv_safe *safe)
{
	const struct gv_keyring_recipient *who;
	const struct gv_keyring_kept *kept =
	    safe ? gv_safe_keyring(safe) : NULL;
	struct gv_buf key = GV_BUF_INIT, owners = GV_BUF_INIT;
	int r;

	if (kept == NULL)
		return;
	add_owners(&owners, &kept->keyring);
	r = gv_safe_own(&key, &who, safe);
	if (gv_buf_check(&owners) < 0 || gv_buf_check(&key) < 0)
		r = GV_ENOMEM;
	if (r == 0)
		gv_out_say(ctx->out,
		    "hint: no key of yours was found here; give a saved one "
		    "to 'git vault key recover', or make one for an owner (%s) "
		    "to add: git vault key generate",
		    owners.p);
	else if (r > 0 && who == NULL)
		gv_out_say(ctx->out,
		    "hint: your key is not in the keyring; an owner (%s) adds "
		    "it by: git vault key add %s %s",
		    owners.p, user_name(), key.p);
	else if (r > 0)
		gv_out_say(ctx->out,
		    "hint: your key %s does not read these secrets; an owner "
		    "(%s) can change that; to see who reads what: git vault "
		    "key list",
		    who->name, owners.p);
	gv_buf_release(&key);
	gv_buf_release(&owners);
}

void
gv_revealed_out_file(struct gv_ctx *ctx, const struct gv_restore_change *c)
{
	struct gv_buf path = GV_BUF_INIT;

	gv_path_quote(&path, c->path, c->len);
	if (c->is_crossing)
		say_crossing(ctx, c, path.p);
	else if (c->reason)
		gv_out_warn(ctx->out,
		    "%s is %s: a secret of scope %s is missing: %s", path.p,
		    c->is_left ? "left as it is" : "incomplete", c->scope,
		    c->reason);
	else
		gv_out_warn(ctx->out,
		    "%s is %s: %" PRIu64 " secret%s of scope %s %s encrypted",
		    path.p, c->is_left ? "left as it is" : "incomplete",
		    c->values, c->values == 1 ? "" : "s", c->scope,
		    c->values == 1 ? "stays" : "stay");
	gv_buf_release(&path);
}

/* How many values of each scope there are: ", 3 of dev, 2 of prod". */
static void
count_scopes(
    struct gv_buf *out, const struct gv_restore_change *items, size_t n)
{
	const char *scopes[SHOWN];
	uint64_t values[SHOWN];
	size_t i, k, n_scopes = 0;

	for (i = 0; i < n; i++) {
		if (items[i].action != GV_RESTORE_SEALED ||
		    items[i].is_crossing)
			continue;
		for (k = 0; k < n_scopes; k++)
			if (strcmp(scopes[k], items[i].scope) == 0)
				break;
		if (k == SHOWN)
			continue;
		if (k == n_scopes) {
			scopes[n_scopes] = items[i].scope;
			values[n_scopes++] = 0;
		}
		values[k] += items[i].values;
	}
	for (k = 0; k < n_scopes; k++)
		gv_buf_addf(out, "%s%" PRIu64 " of %s", k ? ", " : "",
		    values[k], scopes[k]);
}

void
gv_revealed_out_left(struct gv_ctx *ctx, const struct gv_restore_change *items,
    size_t n, bool on_purpose)
{
	struct gv_buf scopes = GV_BUF_INIT;
	uint64_t values = 0;
	size_t i, files = 0, shown = 0, left = 0, lost = 0;

	for (i = 0; i < n; i++) {
		if (items[i].action != GV_RESTORE_SEALED)
			continue;
		if (items[i].is_crossing) {
			gv_revealed_out_file(ctx, &items[i]);
			continue;
		}
		files++;
		left += items[i].is_left;
		lost += items[i].reason != NULL;
		values += items[i].values;
		if ((!on_purpose || items[i].reason) && shown++ < NAMED)
			gv_revealed_out_file(ctx, &items[i]);
	}
	count_scopes(&scopes, items, n);
	if (files && on_purpose)
		gv_out_say(ctx->out,
		    "%zu file%s %s placeholders for %" PRIu64 " value%s, as "
		    "asked for%s",
		    files, files == 1 ? "" : "s", files == 1 ? "has" : "have",
		    values, values == 1 ? "" : "s",
		    left ? "; existing files are left unchanged" : "");
	else if (files)
		gv_out_warn(ctx->out,
		    "%zu file%s incomplete: %" PRIu64
		    " secret%s not decryptable here (%s)",
		    files, files == 1 ? " is" : "s are", values,
		    values == 1 ? " is" : "s are", scopes.p);
	if (lost)
		gv_out_say(ctx->out,
		    "missing objects may exist elsewhere: git vault repair");
	gv_buf_release(&scopes);
}

void
gv_revealed_out_json(
    struct gv_json *j, const struct gv_restore_change *items, size_t n)
{
	size_t i;

	gv_json_array(j, "sealed");
	for (i = 0; i < n; i++) {
		const struct gv_restore_change *c = &items[i];

		if (c->action != GV_RESTORE_SEALED)
			continue;
		gv_json_object(j, NULL);
		gv_json_path(j, "path", c->path, c->len);
		gv_json_string(j, "scope", c->scope);
		gv_json_uint(j, "secrets", c->values);
		gv_json_bool(j, "written", !c->is_left);
		gv_json_bool(j, "cross_scope", c->is_crossing);
		gv_json_string(j, "to_scope", c->to_scope);
		gv_json_string(j, "new_reader", c->new_reader);
		gv_json_string(j, "reason", c->reason);
		gv_json_end(j);
	}
	gv_json_end(j);
}

void
gv_revealed_out_revoked(void *ctx, const char *scope,
    const struct gv_digest *id, const char *reason)
{
	struct gv_ctx *c = ctx;
	char hex[2 * GV_DIGEST_BYTES + 1];

	gv_enc_hex(hex, id->bytes, GV_DIGEST_BYTES);
	gv_out_warn(c->out, "value %.8s of scope %s is revoked%s%s", hex, scope,
	    reason ? ": " : "", reason ? reason : "");
}
