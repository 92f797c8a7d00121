#include "git-vault/good/good_out.h"

#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "base/time.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "key/keyring.h"
#include "record/good.h"
#include "safe/safe.h"
#include "safe/safe_who.h"

#define ABBREV 12

const char *
gv_good_out_word(const struct gv_good *good)
{
	if (good->damage)
		return "damaged";
	if (good->status == GV_GOOD_REVOKED)
		return good->is_candidate ? "request" : "revocation";
	if (good->revoked)
		return "revoked";
	if (good->is_candidate)
		return "candidate";
	return good->distrust ? "untrusted" : gv_good_statuses[good->status];
}

/* ---- JSON --------------------------------------------------------------- */

static void
json_items(struct gv_json *j, const char *key, const struct gv_good_item *items,
    size_t n)
{
	size_t i;

	gv_json_array(j, key);
	for (i = 0; i < n; i++) {
		gv_json_object(j, NULL);
		gv_json_string(j, "name", items[i].name);
		gv_json_string(j, "sha256", items[i].sha256);
		if (items[i].uri)
			gv_json_string(j, "url", items[i].uri);
		gv_json_end(j);
	}
	gv_json_end(j);
}

static void
json_states(struct gv_json *j, const struct gv_good *good)
{
	size_t i;

	gv_json_array(j, "states");
	for (i = 0; i < good->n_states; i++) {
		const struct gv_good_state *s = &good->states[i];

		gv_json_object(j, NULL);
		gv_json_string(j, "stack", s->stack);
		gv_json_oid(j, "version", &s->version);
		gv_json_string(j, "tool", s->tool);
		if (s->has_serial)
			gv_json_uint(j, "serial", s->serial);
		else
			gv_json_null(j, "serial");
		gv_json_string(j, "lineage", s->lineage);
		gv_json_uint(j, "bytes", s->size);
		gv_json_string(j, "digest", s->digest);
		gv_json_end(j);
	}
	gv_json_end(j);
}

static void
json_pipeline(struct gv_json *j, const struct gv_pipeline *p)
{
	if (p->provider == NULL && p->url == NULL) {
		gv_json_null(j, "pipeline");
		return;
	}
	gv_json_object(j, "pipeline");
	gv_json_string(j, "provider", p->provider);
	gv_json_string(j, "actor", p->actor);
	gv_json_string(j, "run", p->run);
	gv_json_string(j, "job", p->job);
	gv_json_string(j, "attempt", p->attempt);
	gv_json_string(j, "commit", p->commit);
	gv_json_string(j, "ref", p->ref);
	gv_json_string(j, "environment", p->environment);
	gv_json_string(j, "url", p->url);
	gv_json_end(j);
}

static void
json_lists(struct gv_json *j, const struct gv_good *good)
{
	size_t i;

	json_items(j, "artifacts", good->artifacts, good->n_artifacts);
	json_items(j, "evidence", good->evidence, good->n_evidence);
	gv_json_array(j, "approvers");
	for (i = 0; i < good->n_approvers; i++)
		gv_json_string(j, NULL, good->approvers[i]);
	gv_json_end(j);
	json_states(j, good);
	gv_json_array(j, "recipients");
	for (i = 0; i < good->n_readers; i++) {
		gv_json_object(j, NULL);
		gv_json_string(j, "name", good->readers[i].name);
		gv_json_string(j, "fingerprint", good->readers[i].print);
		gv_json_end(j);
	}
	gv_json_end(j);
	gv_json_array(j, "checks");
	for (i = 0; i < good->n_checks; i++) {
		gv_json_object(j, NULL);
		gv_json_string(j, "name", good->checks[i].name);
		gv_json_bool(j, "passed", good->checks[i].passed);
		gv_json_string(j, "detail", good->checks[i].detail);
		gv_json_end(j);
	}
	gv_json_end(j);
}

/* Of a record that was just made git was not asked. */
static const char *
git_word(const struct gv_good *good)
{
	return gv_gitsign_verdicts[good->has_git && !good->is_looked
		? GV_GITSIGN_UNSEEN
		: good->git.verdict];
}

static void
json_signature(
    struct gv_json *j, const struct gv_good *good, const struct gv_safe *safe)
{
	struct gv_buf key = GV_BUF_INIT;
	const char *name =
	    gv_good_signer(&key, good, safe ? gv_safe_keyring(safe) : NULL);

	gv_json_bool(j, "signed", good->is_signed);
	gv_json_string(j, "signer", name);
	gv_json_string(j, "signed_by", good->signed_by);
	gv_json_string(j, "signing_key", good->is_signed ? key.p : NULL);
	gv_buf_release(&key);
	gv_json_object(j, "git_signature");
	gv_json_string(j, "status", git_word(good));
	gv_json_string(j, "signer", good->git.by);
	gv_json_string(j, "fingerprint", good->git.print);
	gv_json_string(j, "reason", good->git.why);
	gv_json_end(j);
}

static void
json_what(struct gv_json *j, const struct gv_good *good)
{
	gv_json_time(j, "time", good->time);
	gv_json_string(j, "actor", good->actor);
	gv_json_oid(j, "commit", &good->code);
	gv_json_oid(j, "tree", &good->code_tree);
	gv_json_string(j, "snapshot", good->snapshot_id);
	gv_json_oid(j, "snapshot_commit", &good->snapshot);
	gv_json_string(j, "lost", good->lost);
	gv_json_string(j, "reason", good->reason);
	gv_json_oid(j, "previous", &good->previous);
	gv_json_oid(j, "promotes", &good->promotes);
	gv_json_oid(j, "revokes", &good->revokes);
	gv_json_oid(j, "supersedes", &good->supersedes);
}

void
gv_good_out_json(
    struct gv_json *j, const struct gv_good *good, const struct gv_safe *safe)
{
	gv_json_object(j, NULL);
	gv_json_string(j, "environment", good->env);
	gv_json_uint(j, "record", good->n);
	gv_json_oid(j, "tag", &good->tag);
	gv_json_string(j, "status", gv_good_out_word(good));
	gv_json_string(j, "damage", good->damage);
	if (good->revoked)
		gv_json_uint(j, "revoked_by", good->revoked_by);
	else
		gv_json_null(j, "revoked_by");
	gv_json_string(j, "revoked_reason", good->revoked);
	gv_json_bool(j, "candidate",
	    good->is_candidate || good->status == GV_GOOD_CANDIDATE);
	gv_json_string(j, "distrust", good->distrust);
	if (good->damage == NULL) {
		json_what(j, good);
		json_pipeline(j, &good->pipeline);
		json_lists(j, good);
		json_signature(j, good, safe);
	}
	gv_json_end(j);
}

/* ---- text --------------------------------------------------------------- */

static void
line(struct gv_out *out, const char *what, const char *text)
{
	if (text == NULL)
		return;
	gv_out_printf(out, "%-12s", what);
	gv_out_text(out, text, strlen(text));
	gv_out_printf(out, "\n");
}

static void
line_oid(struct gv_out *out, const char *what, const struct gv_oid *oid)
{
	char hex[GV_OID_HEX + 1];

	gv_oid_format(hex, oid);
	if (!gv_oid_is_zero(oid))
		line(out, what, hex);
}

static void
text_items(struct gv_out *out, const char *what,
    const struct gv_good_item *items, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		const char *name = items[i].uri ? items[i].uri : items[i].name;

		gv_out_printf(out, "%-12s", what);
		gv_out_text(out, name, strlen(name));
		if (items[i].sha256)
			gv_out_printf(out, " sha256:%.64s", items[i].sha256);
		gv_out_printf(out, "\n");
	}
}

static void
text_states(struct gv_out *out, const struct gv_good *good)
{
	char hex[GV_OID_HEX + 1];
	size_t i;

	for (i = 0; i < good->n_states; i++) {
		const struct gv_good_state *s = &good->states[i];

		gv_oid_format(hex, &s->version);
		gv_out_printf(out, "%-12s", "state");
		gv_out_text(out, s->stack, strlen(s->stack));
		if (s->has_serial)
			gv_out_printf(out, " serial %" PRIu64, s->serial);
		gv_out_printf(out, " version %.*s\n", ABBREV, hex);
	}
}

static void
text_pipeline(struct gv_out *out, const struct gv_pipeline *p)
{
	const struct {
		const char *what, *text;
	} all[] = {
		{ "pipeline", p->provider },
		{ "  actor", p->actor },
		{ "  run", p->run },
		{ "  job", p->job },
		{ "  attempt", p->attempt },
		{ "  commit", p->commit },
		{ "  ref", p->ref },
		{ "  environment", p->environment },
		{ "  url", p->url },
	};
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (all[i].text) {
			gv_out_printf(out, "%-12s%s", all[i].what,
			    strlen(all[i].what) < 12 ? "" : " ");
			gv_out_text(out, all[i].text, strlen(all[i].text));
			gv_out_printf(out, "\n");
		}
}

static void
text_rest(struct gv_out *out, const struct gv_good *good)
{
	size_t i;

	text_pipeline(out, &good->pipeline);
	text_items(out, "artifact", good->artifacts, good->n_artifacts);
	text_items(out, "evidence", good->evidence, good->n_evidence);
	for (i = 0; i < good->n_approvers; i++)
		line(out, "approver", good->approvers[i]);
	text_states(out, good);
	for (i = 0; i < good->n_readers; i++) {
		gv_out_printf(out, "%-12s", "recipient");
		gv_out_text(
		    out, good->readers[i].name, strlen(good->readers[i].name));
		gv_out_printf(out, " ");
		gv_out_text(out, good->readers[i].print,
		    strlen(good->readers[i].print));
		gv_out_printf(out, "\n");
	}
	for (i = 0; i < good->n_checks; i++) {
		const char *detail = good->checks[i].detail;

		gv_out_printf(out, "%-12s", "check");
		gv_out_text(
		    out, good->checks[i].name, strlen(good->checks[i].name));
		gv_out_printf(
		    out, ": %s", good->checks[i].passed ? "passed" : "failed");
		if (detail) {
			gv_out_printf(out, ", ");
			gv_out_text(out, detail, strlen(detail));
		}
		gv_out_printf(out, "\n");
	}
}

/* What git says of its own signature. */
static void
text_git(struct gv_out *out, const struct gv_good *good)
{
	const struct gv_gitsign *git = &good->git;

	if (!good->has_git)
		return;
	gv_out_printf(out, "%-12s%s", "git", git_word(good));
	if (git->by) {
		gv_out_printf(out, ", by ");
		gv_out_text(out, git->by, strlen(git->by));
	}
	if (git->print) {
		gv_out_printf(out, ", ");
		gv_out_text(out, git->print, strlen(git->print));
	}
	if (git->why) {
		gv_out_printf(out, ": ");
		gv_out_text(out, git->why, strlen(git->why));
	}
	gv_out_printf(out, "\n");
}

static void
text_signature(
    struct gv_out *out, const struct gv_good *good, const struct gv_safe *safe)
{
	struct gv_buf key = GV_BUF_INIT;
	const char *name =
	    gv_good_signer(&key, good, safe ? gv_safe_keyring(safe) : NULL);

	if (!good->is_signed) {
		gv_out_printf(out, "%-12sno\n", "signed");
	} else {
		gv_out_printf(out, "%-12s", "signed");
		if (name) {
			gv_out_printf(out, "by ");
			gv_out_text(out, name, strlen(name));
		} else {
			gv_out_printf(out,
			    "by a key that the keyring does "
			    "not name");
		}
		gv_out_printf(out, ", %s\n", key.p);
	}
	gv_buf_release(&key);
	text_git(out, good);
}

void
gv_good_out_text(
    struct gv_ctx *ctx, const struct gv_good *good, const struct gv_safe *safe)
{
	struct gv_out *out = ctx->out;
	const size_t mark = gv_out_fold_begin(out);
	char when[GV_TIME_MAX];

	gv_time_rfc3339(when, good->time);
	gv_out_paint(out, GV_OUT_ID, "%s/%u\n", good->env, good->n);
	line(out, "status", gv_good_out_word(good));
	if (good->revoked) {
		gv_out_printf(
		    out, "%-12sby record %u", "revoked", good->revoked_by);
		if (*good->revoked) {
			gv_out_printf(out, ": ");
			gv_out_text(out, good->revoked, strlen(good->revoked));
		}
		gv_out_printf(out, "\n");
	}
	line(out, good->is_candidate ? "candidate" : "untrusted",
	    good->distrust);
	line(out, "reason", good->reason);
	line(out, "time", when);
	line(out, "actor", good->actor);
	line_oid(out, "commit", &good->code);
	line(out, "snapshot", good->snapshot_id);
	line(out, "lost", good->lost);
	line_oid(out, "tag", &good->tag);
	line_oid(out, "previous", &good->previous);
	line_oid(out, "promotes", &good->promotes);
	line_oid(out, "revokes", &good->revokes);
	line_oid(out, "supersedes", &good->supersedes);
	text_rest(out, good);
	text_signature(out, good, safe);
	gv_out_fold_end(out, mark);
}

static const char *
how_signed(const struct gv_good *good)
{
	if (good->has_git)
		return good->is_signed ? "signed, also as git does"
				       : "signed as git does";
	return good->is_signed ? "signed" : "not signed";
}

void
gv_good_out_ungit(struct gv_ctx *ctx, const struct gv_good *good)
{
	if (good->ungit)
		gv_out_warn(ctx->out,
		    "record %u of %s is not signed by git: %s", good->n,
		    good->env, good->ungit);
}

/* Better now than when somebody has to go back. */
static void
tell_snapshot(struct gv_ctx *ctx, const struct gv_good *good)
{
	char hex[GV_OID_HEX + 1];

	gv_oid_format(hex, &good->code);
	if (good->snapshot_id == NULL && good->status != GV_GOOD_REVOKED)
		gv_out_say(ctx->out,
		    "there is no snapshot of that commit, so a rollback to it "
		    "restores only states; take one by 'git vault snapshot', "
		    "or fetch those of others by 'git vault sync', and mark it "
		    "again");
	if (good->stray == NULL)
		return;
	if (good->snapshot_id && strcmp(good->stray_id, good->snapshot_id) == 0)
		gv_out_warn(ctx->out,
		    "snapshot %s has files that differ from commit %.*s, such "
		    "as %s, and a rollback restores those; if they were not "
		    "deployed, take a snapshot of what was, and mark it again",
		    good->stray_id, ABBREV, hex, good->stray);
	else
		gv_out_say(ctx->out,
		    "the newer snapshot %s has files otherwise than commit "
		    "%.*s, such as %s; if that was deployed, mark it by "
		    "--snapshot",
		    good->stray_id, ABBREV, hex, good->stray);
}

/* The name is known where this host is in the keyring by another key. */
static void
hint_signer(
    struct gv_ctx *ctx, const struct gv_good *good, struct gv_safe *safe)
{
	const struct gv_keyring_recipient *own = NULL;
	struct gv_buf key = GV_BUF_INIT, recipient = GV_BUF_INIT;

	gv_good_signer(&key, good, NULL);
	if (safe == NULL || gv_safe_own(&recipient, &own, safe) < 0)
		own = NULL;
	if (gv_buf_check(&key) == 0)
		gv_out_say(ctx->out,
		    "to list this signing key, an owner runs: git vault key "
		    "signer %s '%s'",
		    own ? own->name : "NAME", key.p);
	gv_buf_release(&recipient);
	gv_buf_release(&key);
}

/* What makes a record count that this user has just made. */
static void
hint_candidate(
    struct gv_ctx *ctx, const struct gv_good *good, struct gv_safe *safe)
{
	if (good->who == GV_GOOD_WHO_NOBODY)
		gv_out_say(ctx->out,
		    "to sign records, make a signing key: git vault key "
		    "generate");
	if (good->who == GV_GOOD_WHO_STRANGER && good->is_signed)
		hint_signer(ctx, good, safe);
	if (good->status == GV_GOOD_REVOKED)
		gv_out_say(ctx->out,
		    "the record stays valid until a member of the keyring "
		    "revokes it: git vault good revoke --reason TEXT %s %u",
		    good->env, good->revokes_n);
	else
		gv_out_say(ctx->out,
		    "to make it count, a member of the keyring runs: git vault "
		    "good verify %s %u",
		    good->env, good->n);
}

void
gv_good_out_lacks(
    struct gv_ctx *ctx, const struct gv_good *good, struct gv_safe *safe)
{
	if (good->distrust && good->status == GV_GOOD_REVOKED)
		gv_out_warn(ctx->out, "record %u of %s revokes nothing yet: %s",
		    good->n, good->env, good->distrust);
	else if (good->distrust)
		gv_out_warn(ctx->out,
		    "record %u does not count for good:%s: %s", good->n,
		    good->env, good->distrust);
	if (good->is_candidate)
		hint_candidate(ctx, good, safe);
	tell_snapshot(ctx, good);
	if (good->pipeline.is_odd)
		gv_out_warn(ctx->out,
		    "the pipeline's address for its run is not an http or "
		    "https URL, so record %u of %s does not have it; "
		    "--pipeline-url sets one",
		    good->n, good->env);
	if (good->withheld)
		gv_out_warn(ctx->out,
		    "record %u of %s leaves out pipeline variables that look "
		    "like a secret: %s; every reader of the repository would "
		    "see them, so check what sets them",
		    good->n, good->env, good->withheld);
	if (good->unnoted)
		gv_out_warn(ctx->out,
		    "record %u of %s is made, but the note of its commit does "
		    "not name it: %s",
		    good->n, good->env, good->unnoted);
	if (good->unread)
		gv_out_warn(ctx->out,
		    "manifests or images are not among the artifacts: %s; "
		    "choose them by --images=DIR or --artifact",
		    good->unread);
	if (good->unpinned)
		gv_out_warn(ctx->out,
		    "snapshot %s is not protected from retention: %s",
		    good->snapshot_id, good->unpinned);
	if (good->untold)
		gv_out_warn(ctx->out, "record %u of %s is made, but %s",
		    good->n, good->env, good->untold);
}

void
gv_good_out_made(
    struct gv_ctx *ctx, const struct gv_good *good, struct gv_safe *safe)
{
	char hex[GV_OID_HEX + 1];

	if (ctx->json) {
		gv_good_out_json(ctx->json, good, safe);
	} else {
		gv_out_printf(ctx->out, "%u\n", good->n);
		gv_oid_format(hex, &good->target);
		gv_out_say(ctx->out, "%s: record %u, %s, of %s %s, %s",
		    good->env, good->n, gv_good_out_word(good),
		    good->snapshot_id ? "snapshot" : "commit",
		    good->snapshot_id ? good->snapshot_id : hex,
		    how_signed(good));
	}
	gv_good_out_lacks(ctx, good, safe);
}
