#include "job/notify_ask.h"

#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/shell.h"
#include "format/answer.h"
#include "good/approval_want.h"
#include "job/notify_health.h"
#include "repo/repo.h"
#include "sys/proc.h"

#define TIMEOUT_MS (120 * 1000)
#define MOST       ((size_t)16 * 1024 * 1024)
#define MANY       50 /* conditions of one event; the rest is a number */

static const char *
text_of(const struct gv_unjson_node *node, const char *key, const char *other)
{
	const char *text = gv_unjson_get_text(node, key);

	return text ? text : other;
}

static const struct gv_unjson_node *
first_of(const struct gv_unjson_node *root, const char *key)
{
	const struct gv_unjson_node *list = gv_unjson_get(root, key);

	return list && list->kind == GV_UNJSON_LIST ? list->first : NULL;
}

/* Names that somebody else chose are one line of a file and of a message. */
static void
flatten(struct gv_buf *text)
{
	size_t i;

	for (i = 0; i < text->len; i++)
		if ((unsigned char)text->p[i] < ' ' || text->p[i] == 0x7f)
			text->p[i] = '?';
}

/* Add one by its texts; a failed buffer is out of memory. */
static int
add(struct gv_notify_health *h, struct gv_notify_condition *c,
    struct gv_buf *subject, struct gv_buf *text, struct gv_buf *command)
{
	int r;

	if ((r = gv_buf_check(subject)) < 0 || (r = gv_buf_check(text)) < 0 ||
	    (r = gv_buf_check(command)) < 0)
		return r;
	flatten(subject);
	flatten(text);
	c->subject = subject->p;
	c->text = text->p;
	c->command = command->p;
	c->is_bad = true;
	r = gv_notify_health_add(h, c);
	gv_buf_reset(subject);
	gv_buf_reset(text);
	gv_buf_reset(command);
	return r;
}

struct texts {
	struct gv_buf subject, text, command;
};

static void
release(struct texts *t)
{
	gv_buf_release(&t->subject);
	gv_buf_release(&t->text);
	gv_buf_release(&t->command);
}

/* ---- what was answered --------------------------------------------------- */

/* Of two environments the right one is nearer to users. */
int
gv_notify_ask_drift(struct gv_notify_health *h,
    const struct gv_unjson_node *root, const char *env)
{
	const struct gv_unjson_node *node = first_of(root, "comparisons");
	struct texts t = { GV_BUF_INIT, GV_BUF_INIT, GV_BUF_INIT };
	size_t n = 0;
	int r = 0;

	(void)env;
	for (; r == 0 && node && n < MANY; node = node->next) {
		const char *left = text_of(node, "left", NULL);
		const char *right = text_of(node, "right", NULL);
		const int64_t keys =
		    gv_unjson_count(gv_unjson_get(node, "drift"));
		struct gv_notify_condition c = { .event = "drift",
			.env = right };

		if (left == NULL || right == NULL || keys <= 0)
			continue;
		n++;
		gv_buf_addf(&t.subject, "%s..%s", left, right);
		gv_buf_addf(&t.text,
		    "%s and %s differ in %" PRId64 " key%s that should be "
		    "equal",
		    left, right, keys, keys == 1 ? "" : "s");
		gv_buf_addstr(&t.command, "git vault drift");
		gv_shell_word(&t.command, left);
		gv_shell_word(&t.command, right);
		r = add(h, &c, &t.subject, &t.text, &t.command);
	}
	release(&t);
	return r;
}

/* "the configuration is invalid in 2 places, the first in FILE:3" */
static void
say_config(struct gv_buf *text, const char *env, size_t n,
    const struct gv_unjson_node *first)
{
	const char *file = text_of(first, "file", NULL);
	const int64_t line = gv_unjson_count(gv_unjson_get(first, "line"));

	gv_buf_addf(text, "the configuration%s%s is invalid in %zu place%s%s%s",
	    env ? " of " : "", env ? env : "", n, n == 1 ? "" : "s",
	    file ? ", the first in " : "", file ? file : "");
	if (file && line > 0)
		gv_buf_addf(text, ":%" PRId64, line);
}

int
gv_notify_ask_config(struct gv_notify_health *h,
    const struct gv_unjson_node *root, const char *env)
{
	const struct gv_unjson_node *node = first_of(root, "problems");
	const struct gv_unjson_node *first = NULL;
	struct texts t = { GV_BUF_INIT, GV_BUF_INIT, GV_BUF_INIT };
	struct gv_notify_condition c = {
		.event = "config", .env = env, .is_narrow = env != NULL
	};
	size_t n = 0;
	int r;

	for (; node; node = node->next)
		if (strcmp(text_of(node, "severity", ""), "error") == 0 &&
		    n++ == 0)
			first = node;
	if (n == 0)
		return 0;
	gv_buf_addf(
	    &t.subject, "configuration%s%s", env ? ":" : "", env ? env : "");
	say_config(&t.text, env, n, first);
	gv_buf_addstr(&t.command, "git vault config validate");
	if (env) {
		gv_buf_addstr(&t.command, " --env");
		gv_shell_word(&t.command, env);
	} else {
		gv_buf_addstr(&t.command, " --all");
	}
	r = add(h, &c, &t.subject, &t.text, &t.command);
	release(&t);
	return r;
}

int
gv_notify_ask_certificates(struct gv_notify_health *h,
    const struct gv_unjson_node *root, const char *env)
{
	const struct gv_unjson_node *node = first_of(root, "findings");
	struct texts t = { GV_BUF_INIT, GV_BUF_INIT, GV_BUF_INIT };
	size_t n = 0;
	int r = 0;

	(void)env;
	for (; r == 0 && node && n < MANY; node = node->next) {
		const struct gv_unjson_node *place = first_of(node, "places");
		const char *path = text_of(place, "path", NULL);
		struct gv_notify_condition c = { .event = "key",
			.env = text_of(place, "environment", NULL) };

		if (path == NULL ||
		    strcmp(text_of(node, "rule", ""), "cert/expiry") != 0)
			continue;
		n++;
		gv_buf_addf(&t.subject, "certificate:%s", path);
		gv_buf_addf(&t.text, "%s: %s", path,
		    text_of(node, "message", "a certificate expires"));
		gv_buf_addstr(&t.command, "git vault check --rule cert/expiry");
		r = add(h, &c, &t.subject, &t.text, &t.command);
	}
	release(&t);
	return r;
}

/* It has happened, so nothing ends: each is reported once. */
int
gv_notify_ask_refused(struct gv_notify_health *h,
    const struct gv_unjson_node *root, const char *env)
{
	const struct gv_unjson_node *node = first_of(root, "events");
	struct texts t = { GV_BUF_INIT, GV_BUF_INIT, GV_BUF_INIT };
	size_t n = 0;
	int r = 0;

	(void)env;
	for (; r == 0 && node && n < MANY; node = node->next) {
		const char *id = text_of(node, "event", NULL);
		const char *target = text_of(node, "target", NULL);
		const struct gv_unjson_node *scope = first_of(node, "scopes");
		struct gv_notify_condition c = { .event = "approval",
			.is_once = true };

		if (id == NULL)
			continue;
		n++;
		if (scope && scope->kind == GV_UNJSON_TEXT)
			c.env = scope->text;
		gv_buf_addf(&t.subject, "once:%s", id);
		gv_buf_addf(&t.text,
		    "a change of the configuration was refused%s%s",
		    target ? ": " : "", target ? target : "");
		gv_buf_addf(&t.command, "git vault audit show %.12s", id);
		r = add(h, &c, &t.subject, &t.text, &t.command);
	}
	release(&t);
	return r;
}

/* ---- asking -------------------------------------------------------------- */

static const struct question {
	const char *event, *words[8];
	int (*take)(struct gv_notify_health *h,
	    const struct gv_unjson_node *root, const char *env);
	const char *none; /* the code of a failure that says: there is nothing
			     of the kind; or NULL */
} questions[] = {
	{ "drift", { "--json", "drift", "--all", NULL }, gv_notify_ask_drift,
	    NULL },
	{ "config", { "--json", "config", "validate", "--all", NULL },
	    gv_notify_ask_config, "not_found" },
	{ "key", { "--json", "check", "--rule", "cert/expiry", NULL },
	    gv_notify_ask_certificates, NULL },
	{ "approval",
	    { "--json", "audit", "list", "--kind", "config-refuse", "--since",
		"1 day ago", NULL },
	    gv_notify_ask_refused, NULL },
};

/* A policy that cannot be read is reported as such, and two environments are
 * needed to differ: no warning for either. */
#define REFUSED "refused"

/* `env` (or NULL) is the last word, too. */
static int
ask_one(struct gv_notify_health *h, struct gv_repo *repo, const char *self,
    const struct question *q, const char *env)
{
	static const char *const vars[] = { "GIT_TERMINAL_PROMPT=0", NULL };
	struct gv_answer answer = GV_ANSWER_INIT;
	struct gv_proc p = GV_PROC_INIT;
	const char *argv[11] = { self };
	size_t i;
	int r;

	for (i = 0; q->words[i]; i++)
		argv[i + 1] = q->words[i];
	argv[i + 1] = env;
	r = gv_proc_run(&p,
	    &(struct gv_proc_opts){ .argv = argv,
		.env = vars,
		.cwd = repo->worktree,
		.timeout_ms = TIMEOUT_MS,
		.most = MOST,
		.is_apart = true });
	if (r == 0) {
		gv_answer_take(&answer, p.status, &p.out, &p.err);
		if (*answer.code == '\0' && gv_answer_root(&answer))
			r = q->take(h, gv_answer_root(&answer), env);
		else if (strcmp(answer.code, REFUSED) == 0)
			r = GV_EREFUSED;
		else if (q->none == NULL || strcmp(answer.code, q->none) != 0)
			r = gv_err(GV_ERROR, "git vault %s: %.200s",
			    q->words[1],
			    *answer.message ? answer.message : "no answer");
	}
	gv_answer_release(&answer);
	gv_proc_release(&p);
	return r;
}

/* Until it goes through, or a week has passed. */
static int
add_wanted(struct gv_notify_health *h, const struct gv_repo *repo, int64_t now)
{
	struct texts t = { GV_BUF_INIT, GV_BUF_INIT, GV_BUF_INIT };
	struct gv_approval_wants list;
	char hex[GV_OID_HEX + 1];
	size_t i;
	int r = gv_approval_want_load(&list, repo, now);

	for (i = 0; r == 0 && i < list.n && i < MANY; i++) {
		const struct gv_approval_want *w = &list.items[i];
		struct gv_notify_condition c = { .event = "approval",
			.env = *w->env ? w->env : NULL };

		gv_oid_format(hex, &w->subject);
		gv_buf_addf(&t.subject, "wanted:%.12s:%" PRId64, hex, w->time);
		gv_buf_addf(&t.text, "an approval is wanted %s", w->what);
		gv_buf_addstr(&t.command, w->approve);
		r = add(h, &c, &t.subject, &t.text, &t.command);
	}
	gv_approval_want_release(&list);
	release(&t);
	return r;
}

/* Where a target is limited to some environments: these by themselves. */
static int
ask_configs(struct gv_notify_health *h, struct gv_repo *repo,
    const struct gv_notify_ask *ask)
{
	static const struct question one = { "config",
		{ "--json", "config", "validate", "--env", NULL },
		gv_notify_ask_config, "not_found" };
	const char *envs[GV_NOTIFY_LIST];
	const size_t n = gv_notify_limited(envs, ask->targets, "config");
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < n; i++)
		r = ask_one(h, repo, ask->self, &one, envs[i]);
	return r;
}

int
gv_notify_ask(struct gv_notify_health *h, struct gv_repo *repo,
    const struct gv_notify_ask *ask)
{
	size_t i;
	int r, failed = 0;

	for (i = 0;
	     repo->worktree && i < sizeof(questions) / sizeof(questions[0]);
	     i++) {
		const struct question *q = &questions[i];

		if (!gv_notify_is_wanted(ask->targets, q->event))
			continue;
		r = ask_one(h, repo, ask->self, q, NULL);
		if (r == 0 && q->take == gv_notify_ask_config)
			r = ask_configs(h, repo, ask);
		if (r == GV_ENOMEM || r == GV_ECANCELED)
			return r;
		if (r < 0)
			h->blind[h->n_blind++] = q->event;
		if (r < 0 && r != GV_EREFUSED)
			failed = r;
	}
	r = gv_notify_is_wanted(ask->targets, "approval")
	    ? add_wanted(h, repo, ask->now)
	    : 0;
	return r < 0 ? r : failed;
}
