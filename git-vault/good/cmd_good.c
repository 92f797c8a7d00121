#include "git-vault/front/cmd.h"

#include <string.h>

#include "git-vault/front/identity_opt.h"
#include "git-vault/front/verb.h"
#include "git-vault/good/good.h"
#include "good/good_export.h"
#include "good/good_mark.h"
#include "record/good.h"

#define AT(field) offsetof(struct gv_good_opts, field)

/* As enum gv_good_status has them; what revokes is a verb. */
static const char *const statuses[] = { "candidate", "verified", NULL };

static const struct gv_opt opts[] = {
	{ .type = GV_OPT_STRING,
	    .name = "snapshot",
	    .arg = "SNAP",
	    .kind = GV_OPT_SNAPSHOT,
	    .at = AT(snapshot),
	    .help = "the snapshot; default: take one now" },
	{ .type = GV_OPT_BOOL,
	    .name = "without-snapshot",
	    .at = AT(without_snapshot),
	    .help = "use the commit's best existing snapshot, take none" },
	{ .type = GV_OPT_BOOL,
	    .name = "new",
	    .at = AT(is_new),
	    .help = "begin records of an environment whose name is like that "
		    "of another" },
	{ .type = GV_OPT_STRING,
	    .name = "commit",
	    .arg = "COMMIT",
	    .kind = GV_OPT_REF,
	    .at = AT(commit),
	    .help = "the deployed commit; default: HEAD" },
	{ .type = GV_OPT_LIST,
	    .name = "artifact",
	    .arg = "NAME=sha256:DIGITS",
	    .at = AT(artifacts),
	    .help = "an artifact built from it; may be repeated" },
	{ .type = GV_OPT_STRING,
	    .name = "images",
	    .arg = "DIR",
	    .implied = "",
	    .kind = GV_OPT_DIR,
	    .at = AT(images),
	    .help = "record images that manifests in DIR name by digest; "
		    "default: everywhere" },
	{ .type = GV_OPT_LIST,
	    .name = "evidence",
	    .is_kept = true,
	    .arg = "FILE|URL",
	    .kind = GV_OPT_PATH,
	    .at = AT(evidence),
	    .help = "evidence that it is good: a file or URL; may be "
		    "repeated" },
	{ .type = GV_OPT_LIST,
	    .name = "approver",
	    .is_kept = true,
	    .arg = "NAME",
	    .at = AT(approvers),
	    .help = "who approved it; may be repeated" },
	{ .type = GV_OPT_STRING,
	    .name = "pipeline-url",
	    .is_kept = true,
	    .arg = "URL",
	    .at = AT(pipeline_url),
	    .help = "the URL of the pipeline run; default: from the "
		    "environment" },
	{ .type = GV_OPT_CHOICE,
	    .name = "status",
	    .arg = "STATUS",
	    .choices = statuses,
	    .at = AT(status),
	    .help = "candidate or verified; default: verified" },
	{ .type = GV_OPT_STRING,
	    .name = "drilled",
	    .arg = "TIME",
	    .at = AT(drilled),
	    .help = "also demand that a drill has passed within this time" },
	{ .type = GV_OPT_STRING,
	    .name = "reason",
	    .is_kept = true,
	    .arg = "TEXT",
	    .at = AT(reason),
	    .help = "why it is revoked, or good again" },
	{ .type = GV_OPT_INT,
	    .letter = 'n',
	    .name = "limit",
	    .arg = "N",
	    .at = AT(limit),
	    .help = "show at most N records" },
	{ .type = GV_OPT_CHOICE,
	    .name = "format",
	    .arg = "FORMAT",
	    .choices = gv_good_formats,
	    .at = AT(format),
	    .help = "intoto, slsa-vsa, github-deployment or "
		    "gitlab-deployment; default: intoto" },
	{ .type = GV_OPT_STRING,
	    .name = "sign",
	    .arg = "KEY",
	    .implied = "",
	    .at = AT(sign),
	    .help = "also sign as Git signs tags; default: "
		    "vault.signGood or tag.gpgSign" },
	GV_IDENTITY_OPT(struct gv_good_opts, identities), GV_OPT_LAST
};

/* The options that a verb takes; what else was given is refused. */
enum takes {
	MARK = 1,
	REASON = 2,
	LIMIT = 4,
	FORMAT = 8,
	KEYS = 16, /* and what else signs */
	VERIFY = 32,
};

static const struct gv_verb verbs[] = {
	{ "mark", 1, 1, MARK | REASON | KEYS, gv_good_cmd_mark },
	{ "list", 0, 1, LIMIT, gv_good_cmd_list },
	{ "show", 1, 2, 0, gv_good_cmd_show },
	{ "diff", 3, 3, 0, gv_good_cmd_diff },
	{ "verify", 1, 2, KEYS | VERIFY, gv_good_cmd_verify },
	{ "revoke", 2, 2, REASON | KEYS, gv_good_cmd_revoke },
	{ "check", 1, 2, 0, gv_good_cmd_check },
	{ "export", 1, 2, FORMAT, gv_good_cmd_export },
	{ .name = NULL },
};

const char gv_good_cmd_as_set[] = "as it is set";

enum gv_good_sign
gv_good_cmd_sign(const char **key, const struct gv_good_opts *o)
{
	*key = NULL;
	if (o->sign == NULL)
		return GV_GOOD_SIGN_NO;
	if (o->sign == gv_good_cmd_as_set)
		return GV_GOOD_SIGN_AS_SET;
	*key = o->sign;
	return GV_GOOD_SIGN_YES;
}

const char *
gv_good_cmd_reason(const struct gv_good_opts *o)
{
	const char *reason = o->reason;

	return reason && reason[strspn(reason, " \t\r\n")] ? reason : NULL;
}

static int
run(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct gv_good_opts *o = ctx->opts;
	const struct gv_verb_option given[] = {
		{ o->snapshot != NULL, MARK, "snapshot" },
		{ o->without_snapshot, MARK, "without-snapshot" },
		{ o->commit != NULL, MARK, "commit" },
		{ o->is_new, MARK, "new" },
		{ o->artifacts.n > 0, MARK, "artifact" },
		{ o->images != NULL, MARK, "images" },
		{ o->evidence.n > 0, MARK, "evidence" },
		{ o->approvers.n > 0, MARK, "approver" },
		{ o->pipeline_url != NULL, MARK, "pipeline-url" },
		{ o->status >= 0, MARK, "status" },
		{ o->drilled != NULL, VERIFY, "drilled" },
		{ o->reason != NULL, REASON, "reason" },
		{ o->limit >= 0, LIMIT, "limit" },
		{ o->format >= 0, FORMAT, "format" },
		{ o->sign != gv_good_cmd_as_set, KEYS, "sign" },
		{ o->identities.n > 0, KEYS, "identity" },
		{ .name = NULL },
	};

	return gv_verb_run(ctx, verbs, given, argc, argv);
}

static const struct gv_good_opts defaults = {
	.sign = gv_good_cmd_as_set, .limit = -1, .status = -1, .format = -1
};

const struct gv_cmd cmd_good = {
	.name = "good",
	.summary = "record deployments that are known to be good",
	.usage =
	    "mark [--snapshot SNAP] [--without-snapshot] [--commit COMMIT] "
	    "[--new] "
	    "[--artifact NAME=sha256:DIGITS]... [--images[=DIR]] "
	    "[--evidence FILE|URL]... "
	    "[--approver NAME]... [--pipeline-url URL] "
	    "[--status STATUS] [--reason TEXT] [--sign[=KEY]] ENV\n"
	    "list [-n N] [ENV]\n"
	    "show ENV [N]\n"
	    "diff ENV M N\n"
	    "verify [--drilled TIME] [--sign[=KEY]] ENV [N]\n"
	    "revoke --reason TEXT [--sign[=KEY]] ENV N\n"
	    "check ENV [COMMIT]\n"
	    "export [--format FORMAT] ENV [N]",
	.group = GV_CMD_DEPLOY,
	.flags = GV_CMD_REPO | GV_CMD_PAGER,
	.opts = opts,
	.opts_size = sizeof(struct gv_good_opts),
	.defaults = &defaults,
	.verb = "list",
	.max_args = -1,
	.args = { GV_OPT_VERB },
	.run = run,
};
