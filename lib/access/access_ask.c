#include "access/access_ask.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "format/canon.h"
#include "format/unjson.h"
#include "policy/consent.h"
#include "policy/team.h"
#include "sys/proc.h"

#define ANSWER_MAX ((size_t)64 * 1024) /* bytes */
#define REASON_MAX 200                 /* characters that are shown */

/* ---- which ----------------------------------------------------------------
 */

/* What somebody has accepted here by a command: that a repository was made here
 * accepts nothing that is pushed into it. */
static bool
is_accepted(const struct gv_consent *c)
{
	return c->has[GV_CONSENT_POLICY] &&
	    (c->from == GV_CONSENT_CLONE || c->from == GV_CONSENT_KEYRING ||
		c->from == GV_CONSENT_PINNED);
}

int
gv_access_ask_load(struct gv_access_ask *out, struct gv_repo *repo,
    const struct gv_policy *server)
{
	struct gv_consent consent = { .from = GV_CONSENT_NOBODY };
	char *before = gv_err_save();
	int r = gv_consent_load(&consent, repo);

	*out = (struct gv_access_ask){ .accepted = GV_POLICY_INIT };
	if (r == 0 && is_accepted(&consent)) {
		const struct gv_buf *text = &consent.texts[GV_CONSENT_POLICY];

		r = gv_policy_parse(
		    &out->accepted, GV_TEAM_POLICY, text->p, text->len);
		r = r == GV_EREFUSED ? 0 : r;
	}
	gv_consent_release(&consent);
	out->identity = out->accepted.access.identity;
	out->authorize = out->accepted.access.authorize;
	if (server && server->access.identity)
		out->identity = server->access.identity;
	if (server && server->access.authorize)
		out->authorize = server->access.authorize;
	return gv_err_settle(r, before);
}

void
gv_access_ask_release(struct gv_access_ask *ask)
{
	gv_policy_release(&ask->accepted);
}

/* A command that the branch has and nobody here has accepted is not run, and
 * what it would have said is not known. */
static int
choose(
    const char **out, const char *accepted, const char *wanted, const char *key)
{
	*out = accepted;
	if (wanted == NULL || (accepted && strcmp(accepted, wanted) == 0))
		return 0;
	return gv_err(GV_EREFUSED,
	    "access.%s of the branch is not accepted on this server, so "
	    "nobody can be asked; its administrator accepts it there: git "
	    "vault policy accept",
	    key);
}

/* ---- asked ----------------------------------------------------------------
 */

/* Run it. Its output is given back where it ended with 0. */
static int
run(struct gv_buf *out, const char *command, const char *key, const char *in,
    size_t len)
{
	const char *const argv[] = { "sh", "-c", command, NULL };
	struct gv_proc p = GV_PROC_INIT;
	int r = gv_proc_run(&p,
	    &(struct gv_proc_opts){ .argv = argv,
		.in = in,
		.in_len = len,
		.timeout_ms = GV_ACCESS_ASK_MS,
		.most = ANSWER_MAX,
		.is_apart = true });

	if (p.is_large)
		r = gv_err(GV_EREFUSED,
		    "the answer of access.%s is larger than 64 KiB", key);
	else if (r < 0 && r != GV_ENOMEM && r != GV_ECANCELED)
		r = gv_err(GV_EREFUSED, "access.%s gave no answer%s", key,
		    p.is_late ? " within 10 seconds" : "");
	else if (r == 0 && p.status)
		r = gv_err(GV_EREFUSED, "access.%s ended with status %d", key,
		    p.status);
	if (r == 0) {
		gv_buf_add(out, p.out.p, p.out.len);
		r = gv_buf_check(out);
	}
	gv_proc_release(&p);
	return r;
}

int
gv_access_ask_identity(struct gv_buf *name, const struct gv_access_ask *ask,
    const struct gv_policy *policy, const char *account)
{
	struct gv_buf in = GV_BUF_INIT, out = GV_BUF_INIT;
	struct gv_canon c = { .out = &in };
	const char *command;
	int r = choose(
	    &command, ask->identity, policy->access.identity, "identity");

	if (r < 0 || command == NULL)
		return r;
	gv_canon_map(&c, NULL);
	gv_canon_text(&c, "account", account);
	gv_canon_end(&c);
	if ((r = gv_buf_check(&in)) == 0)
		r = run(&out, command, "identity", in.p, in.len);
	if (r == 0 && out.len) {
		gv_buf_add(name, out.p, strcspn(out.p, "\r\n"));
		r = gv_buf_check(name);
	}
	gv_buf_release(&in);
	gv_buf_release(&out);
	return r < 0 ? r : 1;
}

/* The reason stays on one line. */
static int
refuse(const struct gv_unjson_node *reason)
{
	char text[REASON_MAX + 1];
	size_t i,
	    n = reason && reason->kind == GV_UNJSON_TEXT ? reason->len : 0;

	n = n > REASON_MAX ? REASON_MAX : n;
	for (i = 0; i < n; i++)
		text[i] = (unsigned char)reason->text[i] < ' ' ||
			reason->text[i] == '\177'
		    ? '?'
		    : reason->text[i];
	text[n] = '\0';
	return gv_err(GV_EREFUSED, "access.authorize refuses it%s%s",
	    n ? ": " : "", text);
}

static int
read_answer(struct gv_buf *text)
{
	struct gv_unjson *doc = NULL;
	const struct gv_unjson_node *root, *allowed;
	int r = text->len ? gv_unjson_parse(&doc, "answer", text->p, text->len)
			  : GV_EREFUSED;

	if (r == GV_ENOMEM)
		return r;
	root = r == 0 ? gv_unjson_root(doc) : NULL;
	allowed = gv_unjson_get(root, "allowed");
	if (allowed && allowed->kind == GV_UNJSON_TRUE)
		r = 1;
	else if (allowed && allowed->kind == GV_UNJSON_FALSE)
		r = refuse(gv_unjson_get(root, "reason"));
	else
		r = gv_err(GV_EREFUSED,
		    "access.authorize gave no answer such as {\"allowed\": "
		    "true}");
	gv_unjson_free(doc);
	return r;
}

int
gv_access_ask_authorize(const struct gv_access_ask *ask,
    const struct gv_policy *policy, const char *verdict, size_t len)
{
	struct gv_buf out = GV_BUF_INIT;
	const char *command;
	int r = choose(
	    &command, ask->authorize, policy->access.authorize, "authorize");

	if (r < 0 || command == NULL)
		return r;
	r = run(&out, command, "authorize", verdict, len);
	if (r == 0)
		r = read_answer(&out);
	gv_buf_release(&out);
	return r;
}
