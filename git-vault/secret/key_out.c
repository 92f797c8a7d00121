#include "git-vault/secret/key_out.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "base/shell.h"
#include "base/time.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "key/keyring_age.h"
#include "key/keyring_store.h"
#include "policy/team.h"
#include "remote/remote.h"
#include "secret/escrow.h"
#include "secret/key.h"
#include "sys/file.h"
#include "sys/outfile.h"

/* ---- dates ---- */

/* Since when the recipients have their keys, and how many seconds the policy
 * lets a key last; 0: it does not say. */
struct dates {
	struct gv_keyring_ages ages;
	int64_t lasts;
};

/* A policy that cannot be read sets no end; others report it. */
static int
find_dates(
    struct dates *out, struct gv_ctx *ctx, const struct gv_keyring_kept *kept)
{
	struct gv_policy policy;
	int r = gv_team_load(&policy, ctx->repo);

	*out = (struct dates){ .ages = GV_KEYRING_AGES_INIT,
		.lasts = r == 0 ? policy.keys.lasts : 0 };
	gv_policy_release(&policy);
	if (r < 0 && r != GV_EREFUSED)
		return r;
	return gv_keyring_ages_load(&out->ages, ctx->repo, kept);
}

/* Since when; 0: it is not known. */
static int64_t
since_of(const struct dates *dates, const struct gv_keyring_recipient *who)
{
	size_t i;

	for (i = 0; i < dates->ages.n; i++)
		if (strcmp(dates->ages.items[i].name, who->name) == 0)
			return dates->ages.items[i].since;
	return 0;
}

static void
add_dates(struct gv_json *j, int64_t since, int64_t lasts)
{
	if (since)
		gv_json_time(j, "since_time", since);
	else
		gv_json_null(j, "since_time");
	if (since && lasts)
		gv_json_time(j, "expiry_time", since + lasts);
	else
		gv_json_null(j, "expiry_time");
}

static void
add_recipient(struct gv_json *j, const struct gv_keyring_recipient *who,
    const struct dates *dates)
{
	size_t i;

	gv_json_object(j, NULL);
	gv_json_string(j, "name", who->name);
	gv_json_string(j, "role", gv_keyring_role_name(who->role));
	gv_json_bool(j, "all_scopes", who->all);
	gv_json_array(j, "scopes");
	for (i = 0; i < who->n_scopes; i++)
		gv_json_string(j, NULL, who->scopes[i]);
	gv_json_end(j);
	gv_json_string(j, "recipient", who->key);
	gv_json_string(j, "signing_key", who->signer);
	gv_json_string(j, "verifier", who->verifier);
	add_dates(j, since_of(dates, who), dates->lasts);
	gv_json_end(j);
}

static void
add_version(struct gv_json *j, const struct gv_keyring_kept *kept)
{
	gv_json_uint(j, "version", kept->keyring.version);
	gv_json_string(j, "fingerprint", kept->print);
}

static void
print_json(struct gv_json *j, const struct gv_keyring_kept *kept,
    const struct gv_keyring_recipient *first, size_t n,
    const struct dates *dates)
{
	const struct gv_keyring *k = &kept->keyring;
	size_t i;

	gv_json_object(j, NULL);
	add_version(j, kept);
	gv_json_time(j, "time", k->time);
	gv_json_array(j, "scopes");
	for (i = 0; i < k->n_scopes; i++)
		gv_json_string(j, NULL, k->scopes[i]);
	gv_json_end(j);
	gv_json_array(j, "recipients");
	for (i = 0; i < n; i++)
		add_recipient(j, &first[i], dates);
	gv_json_end(j);
	gv_json_end(j);
}

/* ---- text ---- */

static void
print_head(struct gv_out *out, const struct gv_keyring_kept *kept)
{
	gv_out_printf(out, "version %u of the keyring ", kept->keyring.version);
	gv_out_paint(out, GV_OUT_ID, "%s", kept->print);
	gv_out_printf(out, "\n");
}

static void
add_scopes(struct gv_buf *out, const struct gv_keyring_recipient *who)
{
	size_t i;

	if (who->all)
		gv_buf_addstr(out, "all");
	else if (who->n_scopes == 0)
		gv_buf_addstr(out, "-");
	for (i = 0; i < who->n_scopes; i++)
		gv_buf_addf(out, "%s%s", i ? "," : "", who->scopes[i]);
}

/* The day of a time, or of one that is not known. */
static void
add_day(struct gv_ctx *ctx, bool is_known, int64_t time)
{
	char date[GV_TIME_MAX];

	gv_time_rfc3339(date, time);
	gv_out_cell(ctx->out, GV_OUT_DIM, "%.10s", is_known ? date : "-");
}

static void
print_list(struct gv_ctx *ctx, const struct gv_keyring_kept *kept,
    const struct dates *dates)
{
	static const struct gv_out_column columns[] = { { .head = "NAME" },
		{ .head = "ROLE" }, { .head = "SCOPES" },
		{ .head = "KEY", .cut = true }, { .head = "SINCE", .extra = 1 },
		{ .head = "EXPIRES", .extra = 2 } };
	const struct gv_keyring *k = &kept->keyring;
	struct gv_buf scopes = GV_BUF_INIT;
	size_t i;

	print_head(ctx->out, kept);
	gv_out_columns(ctx->out, columns, dates->lasts ? 6 : 5);
	for (i = 0; i < k->n_recipients; i++) {
		const struct gv_keyring_recipient *who = &k->recipients[i];
		const int64_t since = since_of(dates, who);

		gv_buf_reset(&scopes);
		add_scopes(&scopes, who);
		gv_out_cell_text(ctx->out, GV_OUT_TAG, who->name);
		gv_out_cell_text(
		    ctx->out, GV_OUT_PLAIN, gv_keyring_role_name(who->role));
		gv_out_cell_buf(ctx->out, GV_OUT_PLAIN, &scopes);
		gv_out_cell_text(ctx->out, GV_OUT_DIM, who->key);
		add_day(ctx, since != 0, since);
		if (dates->lasts)
			add_day(ctx, since != 0, since + dates->lasts);
	}
	gv_out_columns_end(ctx->out);
	gv_buf_release(&scopes);
}

int
gv_key_out_list(struct gv_ctx *ctx, const struct gv_keyring_kept *kept)
{
	const struct gv_keyring *k = &kept->keyring;
	struct dates dates;
	int r = find_dates(&dates, ctx, kept);

	if (r == 0 && ctx->json)
		print_json(
		    ctx->json, kept, k->recipients, k->n_recipients, &dates);
	else if (r == 0)
		print_list(ctx, kept, &dates);
	gv_keyring_ages_release(&dates.ages);
	return r;
}

static void
print_one(struct gv_ctx *ctx, const struct gv_keyring_kept *kept,
    const struct gv_keyring_recipient *who, const struct dates *dates)
{
	const int64_t since = since_of(dates, who);
	struct gv_buf scopes = GV_BUF_INIT;
	char date[GV_TIME_MAX];

	add_scopes(&scopes, who);
	print_head(ctx->out, kept);
	gv_out_printf(ctx->out,
	    "name    %s\nrole    %s\nscopes  %s\nkey     %s\n", who->name,
	    gv_keyring_role_name(who->role), scopes.p, who->key);
	if (who->signer)
		gv_out_printf(ctx->out, "signer  %s\n", who->signer);
	if (who->verifier)
		gv_out_printf(ctx->out, "events  %s\n", who->verifier);
	gv_time_rfc3339(date, since);
	if (since)
		gv_out_printf(ctx->out, "since   %.10s\n", date);
	gv_time_rfc3339(date, since + dates->lasts);
	if (since && dates->lasts)
		gv_out_printf(ctx->out, "expires %.10s\n", date);
	gv_buf_release(&scopes);
}

int
gv_key_out_show(struct gv_ctx *ctx, const struct gv_keyring_kept *kept,
    const struct gv_keyring_recipient *who)
{
	struct dates dates;
	int r = find_dates(&dates, ctx, kept);

	if (r == 0 && ctx->json)
		print_json(ctx->json, kept, who, 1, &dates);
	else if (r == 0)
		print_one(ctx, kept, who, &dates);
	gv_keyring_ages_release(&dates.ages);
	return r;
}

void
gv_key_out_version(struct gv_ctx *ctx, const struct gv_keyring_kept *kept)
{
	if (ctx->json)
		add_version(ctx->json, kept);
	else if (ctx->verbosity >= 0)
		print_head(ctx->out, kept);
}

void
gv_key_out_resealed(struct gv_ctx *ctx, const struct gv_key_report *rep)
{
	char values[GV_OUT_SIZE_MAX], scopes[GV_OUT_SIZE_MAX];

	if (ctx->json) {
		gv_json_object(ctx->json, "resealed");
		gv_json_uint(ctx->json, "scopes", rep->scopes);
		gv_json_uint(ctx->json, "secrets", rep->resealed);
		gv_json_uint(ctx->json, "unopened", rep->unopened);
		gv_json_uint(ctx->json, "damaged", rep->damaged);
		gv_json_uint(ctx->json, "versions", rep->states.versions);
		gv_json_end(ctx->json);
		return;
	}
	gv_out_count(values, rep->resealed, "secret");
	gv_out_count(scopes, rep->scopes, "scope");
	if (rep->resealed && ctx->verbosity >= 0)
		gv_out_printf(
		    ctx->out, "re-encrypted %s in %s\n", values, scopes);
	gv_out_count(values, rep->states.versions, "state version");
	if (rep->states.versions && ctx->verbosity >= 0)
		gv_out_printf(ctx->out, "re-encrypted %s\n", values);
	if (rep->damaged)
		gv_out_warn(ctx->out,
		    "%" PRIu64
		    " encrypted secrets are damaged or missing and stay "
		    "unchanged; for details: git vault verify",
		    rep->damaged);
}

static void
add_shut(struct gv_json *j, const struct gv_track_shut *s)
{
	gv_json_object(j, NULL);
	gv_json_string(j, "environment", s->env);
	gv_json_string(j, "stack", s->stack);
	gv_json_uint(j, "older", s->older);
	gv_json_uint(j, "unopened", s->unopened);
	gv_json_uint(j, "damaged", s->damaged);
	gv_json_bool(j, "newest", s->is_newest);
	gv_json_end(j);
}

static void
print_shut(struct gv_out *out, const struct gv_track_shut *s)
{
	char n[GV_OUT_SIZE_MAX];

	gv_out_count(n, s->older, "older version");
	if (s->older)
		gv_out_warn(out,
		    "%s of %s/%s: still encrypted for earlier readers only", n,
		    s->env, s->stack);
	gv_out_count(n, s->unopened, "version");
	if (s->unopened)
		gv_out_warn(out,
		    "%s of %s/%s%s: still encrypted for earlier readers only, "
		    "and no key here decrypts %s",
		    n, s->env, s->stack,
		    s->is_newest ? ", the newest among them" : "",
		    s->unopened == 1 ? "it" : "them");
	gv_out_count(n, s->damaged, "version");
	if (s->damaged)
		gv_out_warn(out,
		    "%s of %s/%s: damaged or refused, and left as %s; see git "
		    "vault state verify",
		    n, s->env, s->stack,
		    s->damaged == 1 ? "it is" : "they are");
}

void
gv_key_out_shut(struct gv_ctx *ctx, const struct gv_key_report *rep)
{
	const struct gv_track_resealed *states = &rep->states;
	bool has_older = false;
	size_t i;

	if (ctx->json) {
		gv_json_array(ctx->json, "unreadable_states");
		for (i = 0; i < states->n_shut; i++)
			add_shut(ctx->json, &states->shut[i]);
		gv_json_end(ctx->json);
		return;
	}
	for (i = 0; i < states->n_shut; i++) {
		has_older |= states->shut[i].older > 0;
		print_shut(ctx->out, &states->shut[i]);
	}
	if (has_older)
		gv_out_say(ctx->out,
		    "hint: to encrypt older versions for today's readers, too: "
		    "git vault key reseal --all-versions");
}

static void
print_values(struct gv_out *out, const struct gv_key_report *rep)
{
	static const struct gv_out_column columns[] = { { .head = "SCOPE" },
		{ .head = "ID", .whole = true }, { .head = "RULE" },
		{ .head = "PATH", .cut = true } };
	char id[2 * GV_DIGEST_BYTES + 1];
	size_t i;

	gv_out_columns(out, columns, 4);
	for (i = 0; i < rep->n_values; i++) {
		const struct gv_key_value *v = &rep->values[i];

		gv_enc_hex(id, v->id.bytes, GV_DIGEST_BYTES);
		gv_out_cell_text(out, GV_OUT_PLAIN, v->scope);
		gv_out_cell_id(out, GV_OUT_ID, id);
		gv_out_cell_text(out, GV_OUT_PLAIN, v->rule ? v->rule : "-");
		if (v->path)
			gv_out_cell_path(
			    out, GV_OUT_PLAIN, v->path, strlen(v->path));
		else
			gv_out_cell_text(
			    out, GV_OUT_DIM, "(in no snapshot now)");
	}
	gv_out_columns_end(out);
}

void
gv_key_out_exposed(
    struct gv_ctx *ctx, const struct gv_key_report *rep, const char *name)
{
	char id[2 * GV_DIGEST_BYTES + 1];
	size_t i;

	if (ctx->json == NULL) {
		if (rep->n_values && ctx->verbosity >= 0)
			gv_out_printf(ctx->out,
			    "%s may have read these secrets; replace each of "
			    "them:\n",
			    name);
		print_values(ctx->out, rep);
		return;
	}
	gv_json_array(ctx->json, "rotate");
	for (i = 0; i < rep->n_values; i++) {
		const struct gv_key_value *v = &rep->values[i];

		gv_enc_hex(id, v->id.bytes, GV_DIGEST_BYTES);
		gv_json_object(ctx->json, NULL);
		gv_json_string(ctx->json, "scope", v->scope);
		gv_json_string(ctx->json, "id", id);
		gv_json_string(ctx->json, "rule", v->rule);
		if (v->path)
			gv_json_path(
			    ctx->json, "path", v->path, strlen(v->path));
		else
			gv_json_null(ctx->json, "path");
		gv_json_uint(ctx->json, "places", v->places);
		gv_json_end(ctx->json);
	}
	gv_json_end(ctx->json);
}

/* One file: the share of a person, or the whole identity. */
static void
print_file(
    struct gv_ctx *ctx, const struct gv_escrow *e, size_t i, const char *file)
{
	const char *holder = gv_escrow_holder(e, i);
	const size_t n = gv_escrow_count(e);

	if (ctx->json) {
		gv_json_object(ctx->json, NULL);
		gv_json_path(ctx->json, "file", file, strlen(file));
		gv_json_string(ctx->json, "holder", holder);
		gv_json_end(ctx->json);
	} else if (n == 1) {
		gv_out_say(ctx->out,
		    "wrote the escrow to %s; keep it and its passphrase in "
		    "different places",
		    file);
	} else {
		gv_out_say(ctx->out,
		    "wrote share %zu of %zu to %s: it is for %s", i + 1, n,
		    file, holder ? holder : "one person");
	}
}

void
gv_key_out_escrow(
    struct gv_ctx *ctx, const struct gv_escrow *e, const char *path)
{
	struct gv_buf file = GV_BUF_INIT;
	const size_t n = gv_outfile_is_stream(path) ? 0 : gv_escrow_count(e);
	size_t i;

	if (ctx->json)
		gv_json_array(ctx->json, "files");
	for (i = 0; i < n; i++) {
		gv_buf_reset(&file);
		if (gv_escrow_file(&file, e, path, i) == 0)
			print_file(ctx, e, i, file.p);
	}
	if (ctx->json)
		gv_json_end(ctx->json);
	else if (n > 1)
		gv_out_say(ctx->out,
		    "give each file to its holder, then delete it here");
	gv_buf_release(&file);
}

void
gv_key_out_sync(struct gv_ctx *ctx)
{
	char *remote = NULL;
	char *before = gv_err_save();

	if (gv_remote_default(&remote, ctx->repo) == 0)
		gv_out_say(ctx->out, "hint: git vault sync");
	gv_err_restore(before);
	free(remote);
}

int
gv_key_out_check_free(const char *path, int argc, char **argv)
{
	struct gv_buf words = GV_BUF_INIT, other = GV_BUF_INIT;
	int i, r;

	if (!gv_file_exists(AT_FDCWD, path))
		return 0;
	gv_buf_addf(&other, "%s-recovered", path);
	gv_buf_addstr(&words, "git vault key recover -o");
	if ((r = gv_buf_check(&other)) == 0)
		gv_shell_word(&words, other.p);
	for (i = 0; i < argc; i++)
		gv_shell_word(&words, argv[i]);
	if (r == 0 && (r = gv_buf_check(&words)) == 0)
		r = gv_err(GV_EEXISTS,
		    "%s is there already, and is not replaced; to write this "
		    "identity beside it: %s; commands then take it by "
		    "--identity %s",
		    path, words.p, other.p);
	gv_buf_release(&words);
	gv_buf_release(&other);
	return r;
}

void
gv_key_out_other_vaults(
    struct gv_ctx *ctx, const struct gv_keyring_change *c, const char *role)
{
	gv_out_say(ctx->out,
	    "it opens this vault only; to let it open another one, there: git "
	    "vault key add --role %s --signer '%s' " GV_ESCROW_NAME " %s",
	    role, c->signer, c->key);
}
