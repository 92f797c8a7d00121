#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "base/buf.h"
#include "base/err.h"
#include "git-vault/component/component.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/identity_opt.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/front/progress.h"
#include "git-vault/front/verb.h"
#include "git-vault/secret/key_out.h"
#include "git-vault/secret/key_records.h"
#include "key/keyfile.h"
#include "key/keyring_store.h"
#include "policy/team.h"
#include "repo/repo.h"
#include "safe/safe.h"
#include "safe/safe_who.h"
#include "secret/escrow.h"
#include "secret/key.h"

/* no role was named */
#define NO_ROLE (-1)

struct key_opts {
	const char *name, *signer, *output, *wrap, *shares, *passphrase;
	int role; /* enum gv_keyring_role */
	bool all_versions, new_scope;
	struct gv_opt_list scopes, holders, identities;
};

static const struct key_opts defaults = { .role = NO_ROLE };

static const char *const roles[] = { "owner", "operator", "reader", "writer",
	NULL };

static const struct gv_opt opts[] = { { .type = GV_OPT_STRING,
					  .name = "name",
					  .arg = "NAME",
					  .at = offsetof(struct key_opts, name),
					  .help = "the name, in place of the "
						  "first argument" },
	{ .type = GV_OPT_CHOICE,
	    .name = "role",
	    .arg = "ROLE",
	    .at = offsetof(struct key_opts, role),
	    .choices = roles,
	    .help = "owner, operator, reader or writer; default: reader" },
	{ .type = GV_OPT_LIST,
	    .name = "scope",
	    .arg = "SCOPE",
	    .at = offsetof(struct key_opts, scopes),
	    .help = "a scope this person may read (default: all); may be "
		    "repeated" },
	{ .type = GV_OPT_BOOL,
	    .name = "new-scope",
	    .at = offsetof(struct key_opts, new_scope),
	    .help = "allow a scope that does not exist yet" },
	{ .type = GV_OPT_BOOL,
	    .name = "all-versions",
	    .at = offsetof(struct key_opts, all_versions),
	    .help = "re-encrypt all state versions, not only those in use" },
	{ .type = GV_OPT_STRING,
	    .name = "signer",
	    .arg = "KEY",
	    .at = offsetof(struct key_opts, signer),
	    .help = "the key they sign with: the second line of key "
		    "generate" },
	{ .type = GV_OPT_STRING,
	    .letter = 'o',
	    .name = "output",
	    .arg = "FILE",
	    .at = offsetof(struct key_opts, output),
	    .help = "the new file to write",
	    .kind = GV_OPT_PATH },
	{ .type = GV_OPT_STRING,
	    .name = "wrap",
	    .arg = "VAULT",
	    .at = offsetof(struct key_opts, wrap),
	    .help = "wrap the identity with the key of this vault in "
		    ".gitvault.yaml" },
	{ .type = GV_OPT_STRING,
	    .name = "shares",
	    .arg = "K/N",
	    .at = offsetof(struct key_opts, shares),
	    .help = "split into N shares, any K of which are enough" },
	{ .type = GV_OPT_LIST,
	    .name = "for",
	    .arg = "NAME",
	    .at = offsetof(struct key_opts, holders),
	    .kind = GV_OPT_RECIPIENT,
	    .help = "who gets a share; once for each share" },
	{ .type = GV_OPT_STRING,
	    .name = "passphrase-file",
	    .arg = "FILE",
	    .at = offsetof(struct key_opts, passphrase),
	    .help = "read the passphrase from the first line of FILE (-: "
		    "stdin)",
	    .kind = GV_OPT_PATH },
	GV_IDENTITY_OPT(struct key_opts, identities), GV_OPT_LAST };

/* ---- what the verbs share ---------------------------------------------- */

static int
need_keyring(const struct gv_keyring_kept **out, const struct gv_safe *safe)
{
	*out = gv_safe_keyring(safe);
	return *out ? 0
		    : gv_err(GV_ENOTFOUND,
			  "there is no keyring here yet; `git vault init` "
			  "makes one");
}

static int
open_safe(struct gv_safe **out, struct gv_ctx *ctx)
{
	const struct key_opts *o = ctx->opts;

	if (ctx->repo == NULL)
		return gv_err(GV_ENOTFOUND, "this is not a git repository");
	return gv_identity_opt_open(out, ctx, &o->identities);
}

static int
reseal(struct gv_key_report *rep, struct gv_ctx *ctx, struct gv_safe *safe)
{
	const struct key_opts *o = ctx->opts;
	const struct gv_key_calls calls = { gv_progress_on_begin,
		gv_progress_on_add, ctx->progress, o->all_versions, false };

	return gv_key_reseal(rep, safe, &calls);
}

/* The keyring stands: what is said of it is said whatever became of the
 * values. With `exposed` also what somebody has seen, with `e` who gets which
 * file of an escrow. */
static void
tell(struct gv_ctx *ctx, struct gv_safe *safe, const struct gv_key_report *rep,
    const char *exposed, const struct gv_escrow *e)
{
	const struct key_opts *o = ctx->opts;

	if (ctx->json)
		gv_json_object(ctx->json, NULL);
	gv_key_out_version(ctx, gv_safe_keyring(safe));
	gv_key_out_resealed(ctx, rep);
	if (exposed)
		gv_key_out_exposed(ctx, rep, exposed);
	if (e && o->output)
		gv_key_out_escrow(ctx, e, o->output);
	gv_key_out_shut(ctx, rep);
	gv_component_tell_shut(ctx, safe);
	if (ctx->json) {
		gv_json_end(ctx->json);
		return;
	}
	gv_identity_opt_tell(ctx, safe);
	gv_key_out_sync(ctx);
}

static int
change(struct gv_ctx *ctx, struct gv_safe *safe,
    const struct gv_keyring_change *c, const struct gv_escrow *e)
{
	struct gv_key_report rep = GV_KEY_REPORT_INIT;
	const char *gone = c->verb == GV_KEYRING_REMOVE ? c->name : NULL;
	int r = 0;

	if (gone)
		r = gv_key_exposed(&rep, safe, gone);
	if (r == 0 && (r = gv_key_change(safe, c, 1)) == 0) {
		r = reseal(&rep, ctx, safe);
		tell(ctx, safe, &rep, gone, e);
	}
	gv_key_report_release(&rep);
	return r;
}

/* ---- generate, list, show ---------------------------------------------- */

static int
need_path(struct gv_buf *out, const char *wanted)
{
	if (wanted == NULL)
		return gv_keyfile_default(out);
	gv_buf_addstr(out, wanted);
	return gv_buf_check(out);
}

static void
print_identity(
    struct gv_ctx *ctx, const char *path, const char *key, const char *signer)
{
	struct gv_json *j = ctx->json;
	struct gv_buf add = GV_BUF_INIT;
	bool is_new = signer && gv_keyfile_add_command(&add, key, signer) == 0;

	if (j) {
		gv_json_object(j, NULL);
		gv_json_path(j, "file", path, strlen(path));
		gv_json_string(j, "recipient", key);
		gv_json_string(j, "signing_key", signer);
		gv_json_string(j, "add", is_new ? add.p : NULL);
		gv_json_end(j);
		gv_buf_release(&add);
		return;
	}
	gv_out_say(ctx->out, "wrote the identity to %s; keep it safe", path);
	gv_out_printf(ctx->out, "%s\n", key);
	if (signer)
		gv_out_printf(ctx->out, "%s\n", signer);
	if (is_new)
		gv_out_say(ctx->out,
		    "to give this host access to a vault, an owner runs: %s",
		    add.p);
	gv_buf_release(&add);
}

/* The vault that is to wrap; NULL where none was named. It is the policy's. */
static int
find_vault(const struct gv_policy_vault **out, struct gv_policy *policy,
    const struct gv_ctx *ctx)
{
	const char *name = ((const struct key_opts *)ctx->opts)->wrap;
	int r;

	*out = NULL;
	if (name == NULL)
		return 0;
	if (ctx->repo == NULL)
		return gv_err(GV_ENOTFOUND,
		    "--wrap %s is a vault of " GV_TEAM_POLICY
		    ", and this is not a git repository",
		    name);
	r = gv_team_load(policy, ctx->repo);
	if (r < 0)
		return r;
	*out = gv_policy_vault(policy, name);
	return *out ? 0
		    : gv_err(GV_ENOTFOUND,
			  "there is no vault '%s' in " GV_TEAM_POLICY
			  "; git-vault-policy(5) tells how one is described",
			  name);
}

static int
run_generate(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct key_opts *o = ctx->opts;
	struct gv_policy policy = GV_POLICY_INIT;
	const struct gv_policy_vault *vault;
	struct gv_buf path = GV_BUF_INIT, key = GV_BUF_INIT;
	struct gv_buf signer = GV_BUF_INIT;
	int r = need_path(&path, o->output);

	(void)argc;
	(void)argv;
	if (r == 0 && (r = find_vault(&vault, &policy, ctx)) == 0 &&
	    (r = gv_key_generate(&key, &signer, path.p, ctx->now, vault)) == 0)
		print_identity(ctx, path.p, key.p, signer.p);
	gv_policy_release(&policy);
	gv_buf_release(&path);
	gv_buf_release(&key);
	gv_buf_release(&signer);
	return r;
}

static int
run_list(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct gv_keyring_kept *kept;
	struct gv_safe *safe = NULL;
	int r = open_safe(&safe, ctx);

	(void)argc;
	(void)argv;
	if (r == 0 && (r = need_keyring(&kept, safe)) == 0) {
		r = gv_key_out_list(ctx, kept);
		gv_identity_opt_tell(ctx, safe);
	}
	gv_safe_close(safe);
	return r;
}

static int
find_shown(const struct gv_keyring_recipient **out, struct gv_safe *safe,
    const char *name)
{
	const struct gv_identity *const *with;
	const struct gv_keyring_kept *kept;
	size_t n;
	int r = need_keyring(&kept, safe);

	if (r < 0)
		return r;
	if (name) {
		*out = gv_keyring_find(&kept->keyring, name);
		return *out ? 0
			    : gv_err(GV_ENOTFOUND,
				  "the keyring has no recipient '%s'", name);
	}
	if ((r = gv_key_own(out, safe)) == 0 && *out == NULL)
		r = gv_safe_identities(&with, &n, safe);
	return r < 0 || *out ? r
			     : gv_err(GV_ENOKEY,
				   "no identity here is a recipient of the "
				   "keyring");
}

static int
run_show(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct gv_keyring_recipient *who;
	struct gv_safe *safe = NULL;
	int r = open_safe(&safe, ctx);

	if (r == 0 &&
	    (r = find_shown(&who, safe, argc ? argv[0] : NULL)) == 0) {
		r = gv_key_out_show(ctx, gv_safe_keyring(safe), who);
		gv_identity_opt_tell(ctx, safe);
	}
	gv_safe_close(safe);
	return r;
}

/* ---- add, remove, reseal, rotate --------------------------------------- */

/* A key of age itself: one of a plugin, age1NAME1…, signs nothing, and one of
 * ssh does so by itself. */
static bool
is_native(const char *key)
{
	return strncmp(key, "age1", 4) == 0 && strchr(key + 4, '1') == NULL;
}

/* An ssh key signs by itself; who has one of age says by what. Of an owner it
 * must be known. */
static int
find_signer(struct gv_buf *out, const struct key_opts *o, const char *key)
{
	if (o->signer)
		return gv_keyfile_key(out, o->signer);
	if (o->role != GV_KEYRING_OWNER)
		return 0;
	if (strncmp(key, "ssh-", 4) != 0)
		return gv_err(GV_EUSAGE,
		    "an owner signs the keyring: also give --signer KEY, the "
		    "second line that `git vault key generate` prints");
	gv_buf_addstr(out, key);
	return gv_buf_check(out);
}

static int
run_add(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct key_opts *o = ctx->opts;
	const struct gv_keyring_kept *kept;
	struct gv_buf key = GV_BUF_INIT, signer = GV_BUF_INIT;
	struct gv_safe *safe = NULL;
	struct gv_keyring_change c = { .verb = GV_KEYRING_ADD,
		.name = o->name,
		.role = o->role == NO_ROLE ? GV_KEYRING_READER
					   : (enum gv_keyring_role)o->role,
		.scopes = o->scopes.n ? o->scopes.items : NULL,
		.n_scopes = o->scopes.n };
	int r;

	if (c.name == NULL && argc == 2)
		c.name = argv[0];
	if (c.name == NULL || argc > (o->name ? 1 : 2))
		return gv_err(GV_EUSAGE,
		    c.name ? "the name is given twice: '%s' and '%s'"
			   : "'key add' needs a name and a recipient",
		    argv[0], c.name);
	if ((r = gv_keyfile_key(&key, argv[argc - 1])) == 0 &&
	    (r = find_signer(&signer, o, key.p)) == 0 &&
	    (r = open_safe(&safe, ctx)) == 0)
		r = need_keyring(&kept, safe);
	if (r == 0 && !o->new_scope)
		r = gv_key_check_scopes(safe, c.scopes, c.n_scopes);
	c.key = key.p;
	c.signer = signer.len ? signer.p : NULL;
	if (r < 0 || (r = change(ctx, safe, &c, NULL)) < 0)
		goto out;
	if (c.signer == NULL && is_native(c.key))
		gv_out_say(ctx->out,
		    "no signing key of %s is known yet; on that machine, the "
		    "command for you is printed by: git vault key signer",
		    c.name);
out:
	gv_safe_close(safe);
	gv_buf_release(&key);
	gv_buf_release(&signer);
	return r;
}

/* By what this host signs events, and whether anybody can know. */
static int
print_signer(struct gv_ctx *ctx, struct gv_safe *safe)
{
	const struct gv_keyring_kept *kept;
	const struct gv_keyring_recipient *who = NULL, *own = NULL;
	struct gv_buf key = GV_BUF_INIT, recipient = GV_BUF_INIT;
	int r;

	if ((r = need_keyring(&kept, safe)) < 0 ||
	    (r = gv_key_signer(&key, safe)) < 0)
		goto out;
	r = gv_safe_own(&recipient, &own, safe);
	r = r < 0 ? r : 0;
	if (r < 0)
		goto out;
	who = gv_keyring_find_signer(&kept->keyring, key.p);
	if (ctx->json) {
		gv_json_object(ctx->json, NULL);
		gv_json_string(ctx->json, "signing_key", key.p);
		gv_json_string(ctx->json, "name", who ? who->name : NULL);
		gv_json_end(ctx->json);
	} else {
		gv_out_printf(ctx->out, "%s\n", key.p);
		if (who)
			gv_out_say(ctx->out,
			    "the keyring knows it as that of %s", who->name);
		else
			gv_out_say(ctx->out,
			    "the keyring does not list it; to list it, an "
			    "owner runs: git vault key signer %s '%s'",
			    own ? own->name : "NAME", key.p);
	}
out:
	gv_buf_release(&recipient);
	gv_buf_release(&key);
	return r;
}

/* Nothing is re-encrypted: the readers are the same as before. */
static int
change_signer(struct gv_ctx *ctx, struct gv_safe *safe, const char *name,
    const char *word)
{
	const struct gv_key_report nothing = GV_KEY_REPORT_INIT;
	const struct gv_keyring_kept *kept;
	struct gv_keyring_change c = { .verb = GV_KEYRING_VERIFIER,
		.name = name };
	struct gv_buf key = GV_BUF_INIT;
	int r = gv_keyfile_key(&key, word);

	if (r == 0)
		r = need_keyring(&kept, safe);
	c.signer = key.p;
	if (r == 0 && (r = gv_key_change(safe, &c, 1)) == 0)
		tell(ctx, safe, &nothing, NULL, NULL);
	gv_buf_release(&key);
	return r;
}

static int
run_signer(struct gv_ctx *ctx, int argc, char **argv)
{
	struct gv_safe *safe = NULL;
	int r = argc == 1
	    ? gv_err(GV_EUSAGE,
		  "give both NAME and the KEY they sign with, or neither to "
		  "print this host's key")
	    : open_safe(&safe, ctx);

	if (r == 0)
		r = argc ? change_signer(ctx, safe, argv[0], argv[1])
			 : print_signer(ctx, safe);
	gv_safe_close(safe);
	return r;
}

static int
run_remove(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct gv_keyring_change c = { .verb = GV_KEYRING_REMOVE,
		.name = argv[0] };
	const struct gv_keyring_kept *kept;
	struct gv_safe *safe = NULL;
	int r = open_safe(&safe, ctx);

	(void)argc;
	if (r == 0 && (r = need_keyring(&kept, safe)) == 0 &&
	    (r = change(ctx, safe, &c, NULL)) == 0)
		gv_key_records_tell(ctx, argv[0]);
	gv_safe_close(safe);
	return r;
}

/* This gives out no secret, so the event comes afterwards, with the result,
 * even if the rest failed. */
static void
tell_resealed(struct gv_ctx *ctx, struct gv_safe *safe,
    const struct gv_key_report *rep, bool is_part)
{
	struct gv_audit_event e = { .what = GV_AUDIT_RESEAL,
		.time = ctx->now,
		.ids = rep->resealed_ids,
		.n_ids = rep->n_resealed_ids,
		.scopes = rep->resealed_scopes,
		.n_scopes = rep->scopes,
		.result = is_part ? GV_AUDIT_PART : GV_AUDIT_DONE };
	char *before = gv_err_save();

	if (rep->n_resealed_ids && gv_audit_tell_done(ctx->repo, safe, &e) < 0)
		gv_out_warn(ctx->out, "secrets are encrypted again, but %s",
		    gv_err_message());
	gv_err_restore(before);
}

static int
run_reseal(struct gv_ctx *ctx, int argc, char **argv)
{
	struct gv_key_report rep = GV_KEY_REPORT_INIT;
	const struct gv_keyring_kept *kept;
	struct gv_safe *safe = NULL;
	int r = open_safe(&safe, ctx);

	(void)argc;
	(void)argv;
	if (r == 0 && (r = need_keyring(&kept, safe)) == 0) {
		r = reseal(&rep, ctx, safe);
		tell_resealed(ctx, safe, &rep, r < 0 || rep.damaged);
		tell(ctx, safe, &rep, NULL, NULL);
	}
	gv_key_report_release(&rep);
	gv_safe_close(safe);
	return r;
}

static int
run_adopt(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct key_opts *o = ctx->opts;
	const struct gv_key_calls calls = { gv_progress_on_begin,
		gv_progress_on_add, ctx->progress, o->all_versions, false };
	struct gv_key_report rep = GV_KEY_REPORT_INIT;
	struct gv_safe_opts how;
	struct gv_safe *safe = NULL;
	int r;

	(void)argc;
	if (ctx->repo == NULL)
		return gv_err(GV_ENOTFOUND, "this is not a git repository");
	gv_identity_opt_fill(&how, ctx, &o->identities);
	if ((r = gv_key_adopt(&rep, ctx->repo, &how, argv[0], &calls)) == 0 &&
	    (r = open_safe(&safe, ctx)) == 0)
		tell(ctx, safe, &rep, NULL, NULL);
	gv_key_report_release(&rep);
	gv_safe_close(safe);
	return r;
}

/* Other clones may still bring values that are encrypted for the old key only.
 */
static void
tell_old(struct gv_ctx *ctx, const char *path)
{
	gv_out_say(ctx->out,
	    "the previous key is in %s; remove it once this command reports "
	    "nothing left, and other clones have synced",
	    path);
}

static int
run_rotate(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct gv_keyring_kept *kept;
	struct gv_buf old = GV_BUF_INIT;
	struct gv_safe *safe = NULL;
	int r = open_safe(&safe, ctx);

	if (r == 0 && (r = need_keyring(&kept, safe)) == 0)
		r = gv_key_rotate(&old, safe);
	gv_safe_close(safe);
	if (r == 0) {
		tell_old(ctx, old.p);
		r = run_reseal(ctx, argc, argv);
	}
	gv_buf_release(&old);
	return r;
}

/* ---- escrow, recover --------------------------------------------------- */

static int
read_shares(struct gv_escrow_opts *out, const char *text)
{
	char *end;

	if (text == NULL)
		return 0;
	out->needed = (unsigned)strtoul(text, &end, 10);
	out->shares = *end == '/' ? (unsigned)strtoul(end + 1, &end, 10) : 0;
	return *end == '\0' && out->needed > 1 && out->needed <= out->shares
	    ? 0
	    : gv_err(GV_EUSAGE,
		  "--shares is K/N, such as 2/3, with K from 2 to N, not '%s'",
		  text);
}

/* Whoever recovers it has no other key, and needs to add a new one. With a file
 * the paper is written before the keyring counts on it. */
static int
add_escrow(struct gv_ctx *ctx, struct gv_safe *safe, struct gv_escrow *e)
{
	const struct key_opts *o = ctx->opts;
	const struct gv_keyring_change c = { .verb = GV_KEYRING_ADD,
		.name = GV_ESCROW_NAME,
		.role = o->role == NO_ROLE ? GV_KEYRING_OWNER
					   : (enum gv_keyring_role)o->role,
		.key = gv_escrow_recipient(e),
		.signer = gv_escrow_signer(e) };
	int r = o->output ? gv_escrow_write(e, o->output) : 0;

	if (r < 0 || (r = change(ctx, safe, &c, e)) < 0)
		return r;
	if (o->output == NULL && (r = gv_out_flush(ctx->out)) == 0)
		r = gv_escrow_write(e, NULL);
	if (r == 0)
		gv_key_out_other_vaults(ctx, &c, roles[c.role]);
	return r;
}

static int
run_escrow(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct key_opts *o = ctx->opts;
	struct gv_escrow_opts how = { .now = ctx->now,
		.holders = o->holders.items,
		.n_holders = o->holders.n,
		.passphrase = o->passphrase };
	const struct gv_keyring_kept *kept;
	struct gv_escrow *e = NULL;
	struct gv_safe *safe = NULL;
	int r;

	(void)argc;
	(void)argv;
	if ((r = read_shares(&how, o->shares)) < 0)
		goto out;
	if (ctx->json && o->output == NULL) {
		r = gv_err(GV_EUSAGE, "with --json, say --output too");
		goto out;
	}
	if (o->role != NO_ROLE && o->role != GV_KEYRING_OWNER &&
	    o->role != GV_KEYRING_READER) {
		r = gv_err(GV_EUSAGE,
		    "an escrow is an owner or a reader, not '%s'",
		    roles[o->role]);
		goto out;
	}
	if ((r = open_safe(&safe, ctx)) < 0 ||
	    (r = need_keyring(&kept, safe)) < 0)
		goto out;
	if (gv_keyring_find(&kept->keyring, GV_ESCROW_NAME)) {
		r = gv_err(GV_EEXISTS,
		    "the keyring has an escrow already; to replace it, first "
		    "run `git vault key remove escrow`");
		goto out;
	}
	how.print = kept->print;
	if ((r = gv_escrow_new(&e, &how)) < 0)
		goto out;
	r = add_escrow(ctx, safe, e);
out:
	gv_escrow_free(e);
	gv_safe_close(safe);
	return r;
}

/* Whoever has the escrow reads all, so a repository that this is done in has it
 * in its audit. It is for the day when nothing works: that it cannot be told
 * takes nothing back. */
static void
tell_recovery(struct gv_ctx *ctx, const char *path)
{
	struct gv_audit_event e = { .what = GV_AUDIT_RECOVER,
		.time = ctx->now,
		.target = path,
		.result = GV_AUDIT_DONE };

	if (ctx->repo && gv_audit_tell_done(ctx->repo, NULL, &e) < 0)
		gv_out_warn(ctx->out, "the identity is recovered, but %s",
		    gv_err_message());
}

static int
run_recover(struct gv_ctx *ctx, int argc, char **argv)
{
	static const char *const from_stdin[] = { "-" };
	const struct key_opts *o = ctx->opts;
	struct gv_escrow_opts how = { .now = ctx->now,
		.passphrase = o->passphrase };
	struct gv_policy policy = GV_POLICY_INIT;
	struct gv_buf path = GV_BUF_INIT, key = GV_BUF_INIT;
	int r;

	if ((r = need_path(&path, o->output)) < 0 ||
	    (r = gv_key_out_check_free(path.p, argc, argv)) < 0 ||
	    (r = find_vault(&how.vault, &policy, ctx)) < 0)
		goto out;
	r = gv_escrow_recover(&key, path.p,
	    argc ? (const char *const *)argv : from_stdin,
	    argc ? (size_t)argc : 1, &how);
	if (r < 0)
		goto out;
	tell_recovery(ctx, path.p);
	print_identity(ctx, path.p, key.p, NULL);
	if (ctx->repo && ctx->json == NULL && o->output == NULL)
		gv_key_out_sync(ctx);
out:
	gv_policy_release(&policy);
	gv_buf_release(&path);
	gv_buf_release(&key);
	return r;
}

/* ---- the verbs --------------------------------------------------------- */

enum {
	MAY_NAME = 1 << 0, /* --name, --scope, --signer */
	MAY_OUTPUT = 1 << 1,
	MAY_SHARE = 1 << 2,
	MAY_PASSPHRASE = 1 << 3,
	MAY_WRAP = 1 << 4,
	MAY_ALL = 1 << 5, /* --all-versions */
	MAY_ROLE = 1 << 6,
};

static const struct gv_verb verbs[] = {
	{ "generate", 0, 0, MAY_OUTPUT | MAY_WRAP, run_generate },
	{ "add", 1, 2, MAY_NAME | MAY_ROLE | MAY_ALL, run_add },
	{ "remove", 1, 1, MAY_ALL, run_remove },
	{ "list", 0, 0, 0, run_list },
	{ "show", 0, 1, 0, run_show },
	{ "signer", 0, 2, 0, run_signer },
	{ "rotate", 0, 0, MAY_ALL, run_rotate },
	{ "reseal", 0, 0, MAY_ALL, run_reseal },
	{ "adopt", 1, 1, MAY_ALL, run_adopt },
	{ "escrow", 0, 0, MAY_ROLE | MAY_OUTPUT | MAY_SHARE | MAY_PASSPHRASE,
	    run_escrow },
	{ "recover", 0, -1, MAY_OUTPUT | MAY_PASSPHRASE | MAY_WRAP,
	    run_recover },
	{ .name = NULL },
};

static int
run(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct key_opts *o = ctx->opts;
	const struct gv_verb_option given[] = {
		{ o->name != NULL, MAY_NAME, "name" },
		{ o->role != NO_ROLE, MAY_ROLE, "role" },
		{ o->scopes.n > 0, MAY_NAME, "scope" },
		{ o->signer != NULL, MAY_NAME, "signer" },
		{ o->new_scope, MAY_NAME, "new-scope" },
		{ o->all_versions, MAY_ALL, "all-versions" },
		{ o->output != NULL, MAY_OUTPUT, "output" },
		{ o->wrap != NULL, MAY_WRAP, "wrap" },
		{ o->shares != NULL, MAY_SHARE, "shares" },
		{ o->holders.n > 0, MAY_SHARE, "for" },
		{ o->passphrase != NULL, MAY_PASSPHRASE, "passphrase-file" },
		{ .name = NULL },
	};

	return gv_verb_run(ctx, verbs, given, argc, argv);
}

const struct gv_cmd cmd_key = {
	.name = "key",
	.summary = "manage keys and who can read which secrets",
	.usage = "generate [--wrap VAULT] [-o FILE]\n"
		 "add [--role ROLE] [--scope SCOPE]... [--new-scope] "
		 "[--signer KEY] [--all-versions] NAME RECIPIENT\n"
		 "remove [--all-versions] NAME\n"
		 "list\n"
		 "show [NAME]\n"
		 "signer [NAME KEY]\n"
		 "rotate [--all-versions]\n"
		 "reseal [--all-versions]\n"
		 "adopt [--all-versions] FINGERPRINT\n"
		 "escrow [--role ROLE] [--shares K/N [--for NAME]...] "
		 "[-o FILE]\n"
		 "recover [--wrap VAULT] [-o FILE] [FILE...]",
	.group = GV_CMD_SECRET,
	.flags = GV_CMD_REPO_IF,
	.opts = opts,
	.opts_size = sizeof(struct key_opts),
	.defaults = &defaults,
	.verb = "list",
	.max_args = -1,
	.args = { GV_OPT_VERB },
	.run = run,
};
