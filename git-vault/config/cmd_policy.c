#include "git-vault/front/cmd.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/lines.h"
#include "git-vault/config/access_out.h"
#include "git-vault/config/policy_env_out.h"
#include "git-vault/front/ask.h"
#include "git-vault/front/identity_opt.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/front/verb.h"
#include "git-vault/look/policy_out.h"
#include "key/keyring_store.h"
#include "policy/consent_diff.h"
#include "policy/disclosure.h"
#include "policy/team.h"
#include "repo/oid.h"
#include "repo/repo.h"
#include "safe/safe.h"
#include "secret/consent_accept.h"

struct policy_opts {
	struct gv_opt_list identities;
	const char *env;
	bool yes;
};

static const struct gv_opt opts[] = {
	{ .type = GV_OPT_STRING,
	    .name = "env",
	    .arg = "ENV",
	    .kind = GV_OPT_ENV,
	    .at = offsetof(struct policy_opts, env),
	    .help = "show what holds for this environment, and which line "
		    "says so" },
	{ .type = GV_OPT_LIST,
	    .letter = 'i',
	    .name = "identity",
	    .arg = "FILE",
	    .kind = GV_OPT_PATH,
	    .at = offsetof(struct policy_opts, identities),
	    .help = "sign with the identity in this file" },
	GV_ASK_OPT(struct policy_opts, yes), GV_OPT_LAST
};

enum takes { IDENTITY = 1, YES = 2, ENV = 4 };

/* ---- who accepted it ---------------------------------------------------- */

static const char *const froms[] = {
	[GV_CONSENT_NOBODY] = "nobody",
	[GV_CONSENT_HERE] = "here",
	[GV_CONSENT_CLONE] = "clone",
	[GV_CONSENT_KEYRING] = "keyring",
	[GV_CONSENT_PINNED] = "config",
};

static void
print_from(struct gv_ctx *ctx, const struct gv_consent *accepted)
{
	switch (accepted->from) {
	case GV_CONSENT_NOBODY:
		gv_out_printf(ctx->out, "nothing is accepted");
		break;
	case GV_CONSENT_HERE:
		gv_out_printf(ctx->out,
		    "this repository was made here: its policy counts as it "
		    "is");
		break;
	case GV_CONSENT_CLONE:
		gv_out_printf(ctx->out, "accepted for this clone");
		break;
	case GV_CONSENT_KEYRING:
		gv_out_printf(ctx->out,
		    "accepted for all clones: version %u of the keyring",
		    accepted->version);
		break;
	case GV_CONSENT_PINNED:
		gv_out_printf(
		    ctx->out, "accepted by git's configuration: vault.policy");
		break;
	}
	if (accepted->why)
		gv_out_printf(ctx->out, " (%s)", accepted->why);
	gv_out_printf(ctx->out, "\n");
}

static void
name_content(char hex[GV_OID_HEX + 1], const struct gv_consent *of, int file)
{
	struct gv_oid id;

	gv_consent_name(&id, of, (enum gv_consent_file)file);
	gv_oid_format(hex, &id);
}

static void
json_files(struct gv_json *j, const char *key, const struct gv_consent *of,
    bool has_texts)
{
	char hex[GV_OID_HEX + 1];
	int i;

	gv_json_array(j, key);
	for (i = 0; i < GV_CONSENT_FILES; i++) {
		if (!of->has[i])
			continue;
		name_content(hex, of, i);
		gv_json_object(j, NULL);
		gv_json_string(j, "file", gv_consent_files[i]);
		gv_json_string(j, "object", hex);
		if (has_texts)
			gv_json_text(
			    j, "content", of->texts[i].p, of->texts[i].len);
		gv_json_end(j);
	}
	gv_json_end(j);
}

static void
json_head(struct gv_json *j, const struct gv_consent_diff *diff)
{
	const struct gv_consent *accepted = &diff->accepted;

	gv_json_string(j, "accepted_by", froms[accepted->from]);
	if (accepted->version)
		gv_json_uint(j, "keyring_version", accepted->version);
	else
		gv_json_string(j, "keyring_version", NULL);
	gv_json_string(j, "reason", accepted->why);
}

/* Warn of rules in the policy here that protect nothing. */
static int
warn_of_rules(struct gv_ctx *ctx, const struct gv_consent *present)
{
	const struct gv_buf *text = &present->texts[GV_CONSENT_POLICY];
	struct gv_policy policy = GV_POLICY_INIT;
	int r = 0;

	if (present->has[GV_CONSENT_POLICY])
		r = gv_policy_parse(
		    &policy, GV_TEAM_POLICY, text->p, text->len);
	if (r == 0)
		r = gv_access_out_doubts(ctx, NULL, &policy);
	gv_policy_release(&policy);
	return r;
}

/* ---- show --------------------------------------------------------------- */

static void
show_file(struct gv_ctx *ctx, const struct gv_consent_diff *diff, int i)
{
	const struct gv_consent *accepted = &diff->accepted;
	const struct gv_buf *text = &accepted->texts[i];
	char hex[GV_OID_HEX + 1];

	if (!accepted->has[i] && !diff->present.has[i])
		return;
	gv_out_paint(ctx->out, GV_OUT_HEAD, "%s", gv_consent_files[i]);
	if (!accepted->has[i]) {
		gv_out_printf(ctx->out, ": nothing is accepted\n");
		return;
	}
	name_content(hex, accepted, i);
	gv_out_printf(ctx->out, " ");
	gv_out_paint(ctx->out, GV_OUT_ID, "%s", hex);
	gv_out_printf(ctx->out, "\n");
	gv_out_show(ctx->out, text->p, text->len);
	if (text->len && text->p[text->len - 1] != '\n')
		gv_out_printf(ctx->out, "\n");
}

static int
show(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct policy_opts *o = ctx->opts;
	struct gv_consent_diff diff;
	int i, r;
	bool is_unreadable;

	(void)argc;
	(void)argv;
	if (o->env)
		return gv_policy_env_out(ctx, o->env);
	r = gv_consent_diff_load(&diff, ctx->repo);
	is_unreadable = r == GV_EREFUSED || r == GV_ERROR;
	/* the user then wants to see what is in force instead */
	if (is_unreadable) {
		gv_out_warn(ctx->out, "%s", gv_err_message());
		r = 0;
	}
	if (r == 0 && !is_unreadable)
		r = warn_of_rules(ctx, &diff.present);
	if (r < 0)
		goto out;
	if (ctx->json) {
		gv_json_object(ctx->json, NULL);
		json_head(ctx->json, &diff);
		json_files(ctx->json, "accepted", &diff.accepted, true);
		json_files(ctx->json, "present", &diff.present, false);
		gv_json_bool(ctx->json, "differs", is_unreadable || diff.n > 0);
		if (is_unreadable)
			gv_json_null(ctx->json, "waiting");
		else
			gv_json_uint(ctx->json, "waiting", diff.n_waits);
		gv_json_end(ctx->json);
		goto out;
	}
	print_from(ctx, &diff.accepted);
	for (i = 0; i < GV_CONSENT_FILES; i++)
		show_file(ctx, &diff, i);
	if (diff.n)
		gv_out_say(ctx->out,
		    "the policy here differs; see: git vault policy diff");
out:
	gv_consent_diff_release(&diff);
	return r;
}

/* ---- diff --------------------------------------------------------------- */

static void
json_lines(struct gv_json *j, const char *key, const struct gv_buf *lines)
{
	const char *p = lines->p, *line;
	size_t n;

	gv_json_array(j, key);
	while (gv_lines_next(&line, &n, &p, lines->p + lines->len))
		gv_json_text(j, NULL, line, n);
	gv_json_end(j);
}

static void
json_diff(struct gv_ctx *ctx, const struct gv_consent_diff *diff)
{
	struct gv_json *j = ctx->json;
	size_t i;

	gv_json_array(j, "differences");
	for (i = 0; i < diff->n; i++) {
		const struct gv_consent_point *p = &diff->points[i];

		gv_json_object(j, NULL);
		gv_json_string(j, "file", p->file);
		gv_json_string(j, "key", p->key);
		gv_json_string(j, "about", p->about);
		gv_json_bool(j, "waits", p->waits);
		json_lines(j, "accepted", &p->was);
		json_lines(j, "present", &p->now);
		gv_json_end(j);
	}
	gv_json_end(j);
}

/* Plans that cannot be accepted, which does not keep the others. */
static void
warn_of_left(struct gv_ctx *ctx, const struct gv_consent_diff *diff)
{
	const struct gv_buf *left = &diff->present.left;
	const char *p = left->p, *line;
	size_t n;

	while (p && gv_lines_next(&line, &n, &p, left->p + left->len))
		gv_out_warn(ctx->out, "left out: plan %.*s", (int)n, line);
}

static int
run_diff(struct gv_ctx *ctx, int argc, char **argv)
{
	struct gv_consent_diff diff;
	int r = gv_consent_diff_load(&diff, ctx->repo), is_bad = 0;

	(void)argc;
	(void)argv;
	if (r < 0)
		goto out;
	r = diff.n > 0;
	warn_of_left(ctx, &diff);
	if (ctx->json) {
		gv_json_object(ctx->json, NULL);
		json_head(ctx->json, &diff);
		json_diff(ctx, &diff);
		json_lines(ctx->json, "left_out", &diff.present.left);
		is_bad = gv_policy_out_scopes(ctx);
		gv_json_end(ctx->json);
		goto out;
	}
	gv_policy_out_diff(ctx, &diff);
	if (diff.n_waits)
		gv_out_say(ctx->out, "to accept: git vault policy accept");
	is_bad = gv_policy_out_scopes(ctx);
out:
	r = is_bad < 0 ? is_bad : r;
	gv_consent_diff_release(&diff);
	return r;
}

/* ---- accept ------------------------------------------------------------- */

/* What is signed is read by all: a secret in it is in clear, for good, and no
 * sync lets it out. Plans that have one are left out already. */
static int
check_secrets(struct gv_ctx *ctx, const struct gv_consent_diff *diff)
{
	struct gv_disclosure disclosure = GV_DISCLOSURE_INIT(ctx->repo);
	struct gv_disclosed found;
	int i, r = 0;

	for (i = 0; r >= 0 && i < GV_CONSENT_FILES; i++) {
		const struct gv_buf *text = &diff->present.texts[i];

		/* a baseline has digests alone, and so do schemas */
		if (!diff->present.has[i] || text->len == 0 ||
		    i == GV_CONSENT_BASELINE || i == GV_CONSENT_PLANS ||
		    i == GV_CONSENT_SCHEMAS)
			continue;
		r = gv_disclosure_find_file(&found, &disclosure,
		    gv_consent_files[i], text->p, text->len);
		if (r > 0)
			r = gv_err(GV_EREFUSED,
			    "nothing was accepted: %s likely has a secret in "
			    "clear (%s), which every reader of the repository "
			    "would get; to see where: git vault scan %s",
			    gv_consent_files[i], found.rule,
			    gv_consent_files[i]);
	}
	gv_disclosure_release(&disclosure);
	return r < 0 ? r : 0;
}

/* Running the command is consent. On a terminal it still shows first what will
 * be accepted, and asks. */
static int
confirm(bool *yes, struct gv_ctx *ctx, const struct gv_consent_diff *diff)
{
	const struct policy_opts *o = ctx->opts;

	warn_of_left(ctx, diff);
	*yes = o->yes || diff->n == 0 || !gv_ask_may(ctx);
	if (*yes)
		return 0;
	gv_policy_out_diff(ctx, diff);
	if (gv_out_flush(ctx->out) < 0)
		return GV_ERROR;
	return gv_ask(yes, ctx, false, NULL, "accept this?");
}

static void
report(struct gv_ctx *ctx, const struct gv_consent_diff *diff,
    const struct gv_safe *safe, bool is_done)
{
	const struct gv_keyring_kept *kept = gv_safe_keyring(safe);
	unsigned version = kept ? kept->keyring.version : 0;

	if (ctx->json) {
		gv_json_object(ctx->json, NULL);
		gv_json_bool(ctx->json, "changed", is_done);
		gv_json_string(
		    ctx->json, "accepted_by", kept ? "keyring" : "clone");
		if (version)
			gv_json_uint(ctx->json, "keyring_version", version);
		else
			gv_json_string(ctx->json, "keyring_version", NULL);
		json_files(ctx->json, "accepted", &diff->present, false);
		json_lines(ctx->json, "left_out", &diff->present.left);
		gv_json_end(ctx->json);
	} else if (ctx->verbosity < 0) {
		return;
	} else if (!is_done) {
		gv_out_printf(ctx->out, "the policy is accepted already\n");
	} else if (kept) {
		gv_out_printf(ctx->out,
		    "accepted the policy for all clones: signed version %u of "
		    "the keyring\n",
		    version);
		gv_out_say(ctx->out, "to share it: git vault sync");
	} else {
		gv_out_printf(ctx->out,
		    "accepted the policy for this clone only, since there is "
		    "no keyring\n");
	}
}

static int
accept(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct policy_opts *o = ctx->opts;
	struct gv_consent_diff diff = { .n = 0 };
	struct gv_safe *safe = NULL;
	bool yes = false, is_done = false;
	int r = gv_identity_opt_open(&safe, ctx, &o->identities);

	(void)argc;
	(void)argv;
	/* opening the safe has merged a newer keyring that a fetch brought */
	if (r < 0 || (r = gv_consent_diff_load(&diff, ctx->repo)) < 0 ||
	    (r = check_secrets(ctx, &diff)) < 0 ||
	    (r = warn_of_rules(ctx, &diff.present)) < 0 ||
	    (r = confirm(&yes, ctx, &diff)) < 0)
		goto out;
	if (!yes) {
		r = 1;
		goto out;
	}
	is_done = diff.accepted.from == GV_CONSENT_HERE ||
	    diff.accepted.from == GV_CONSENT_NOBODY ||
	    !gv_consent_is_same(&diff.accepted, &diff.present);
	if (is_done)
		r = gv_consent_accept(&diff.present, ctx->repo, safe, ctx->now);
	if (r == 0) {
		report(ctx, &diff, safe, is_done);
		r = diff.present.left.len ? 3 : 0;
	}
out:
	gv_identity_opt_tell(ctx, safe);
	gv_consent_diff_release(&diff);
	gv_safe_close(safe);
	return r;
}

static const struct gv_verb verbs[] = {
	{ "show", 0, 0, ENV, show },
	{ "diff", 0, 0, 0, run_diff },
	{ "accept", 0, 0, IDENTITY | YES, accept },
	{ .name = NULL },
};

static int
run(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct policy_opts *o = ctx->opts;
	const struct gv_verb_option given[] = {
		{ o->identities.n > 0, IDENTITY, "identity" },
		{ o->yes, YES, "yes" },
		{ o->env != NULL, ENV, "env" },
		{ .name = NULL },
	};

	return gv_verb_run(ctx, verbs, given, argc, argv);
}

const struct gv_cmd cmd_policy = {
	.name = "policy",
	.summary = "show and accept changes that loosen the policy",
	.usage = "show [--env ENV]\n"
		 "diff\n"
		 "accept [--yes] [--identity FILE]...",
	.group = GV_CMD_SECRET,
	.flags = GV_CMD_REPO,
	.opts = opts,
	.opts_size = sizeof(struct policy_opts),
	.min_args = 1,
	.max_args = -1,
	.args = { GV_OPT_VERB },
	.run = run,
};
