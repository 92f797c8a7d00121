#include "key/plugin_dialog.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "crypto/recipient.h"
#include "crypto/secret.h"
#include "repo/repo.h"
#include "repo/worktree.h"
#include "sys/dialog.h"
#include "sys/program.h"
#include "sys/tty.h"
#include "vault/setting.h"

#define LINE ((size_t)4096)

/* ---- what it says and asks ---- */

/* Nothing of it acts on the terminal. */
static void
add_text(struct gv_buf *out, const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		gv_buf_addch(out,
		    (unsigned char)text[i] < ' ' || text[i] == 0x7f ? '?'
								    : text[i]);
}

static int
compose(struct gv_buf *out, const struct gv_plugin_question *q)
{
	gv_buf_addf(out, "age-plugin-%s: ", q->plugin);
	add_text(out, q->text, q->len);
	return gv_buf_check(out);
}

static int
tell(void *ctx, const struct gv_plugin_question *q)
{
	struct gv_buf text = GV_BUF_INIT;
	int r = compose(&text, q);

	(void)ctx;
	gv_buf_addch(&text, '\n');
	if (r == 0)
		r = gv_tty_tell(text.p);
	gv_buf_release(&text);
	return r;
}

static int
confirm(void *ctx, const struct gv_plugin_question *q, bool *yes)
{
	struct gv_buf text = GV_BUF_INIT;
	char answer[16];
	size_t len = 0;
	int r = compose(&text, q);

	(void)ctx;
	gv_buf_addstr(&text, " [y: ");
	add_text(&text, q->yes, q->yes_len);
	gv_buf_addstr(&text, ", n: ");
	add_text(&text, q->no ? q->no : "no", q->no ? q->no_len : 2);
	gv_buf_addstr(&text, "] ");
	if (r == 0 && (r = gv_buf_check(&text)) == 0)
		r = gv_tty_ask(answer, sizeof(answer), &len, text.p, true);
	*yes = r == 0 && len > 0 && (answer[0] == 'y' || answer[0] == 'Y');
	gv_buf_release(&text);
	return r;
}

static int
ask(void *ctx, const struct gv_plugin_question *q, struct gv_secret *answer)
{
	struct gv_buf text = GV_BUF_INIT;
	size_t len = 0, before = answer->len;
	int r = compose(&text, q);

	(void)ctx;
	gv_buf_addstr(&text, ": ");
	if (r == 0 && (r = gv_buf_check(&text)) == 0 &&
	    (r = gv_secret_grow(answer, LINE)) == 0) {
		/* what a failure leaves there is wiped */
		answer->len += LINE;
		r = gv_tty_ask(
		    (char *)answer->p + before, LINE, &len, text.p, !q->secret);
		gv_secret_truncate(answer, before + len);
	}
	gv_buf_release(&text);
	return r;
}

/* ---- the talk ---- */

static int
write_all(struct gv_plugin *p, struct gv_dialog *d)
{
	const struct gv_secret *out = gv_plugin_output(p);
	ssize_t n;

	while (out->len > 0) {
		n = gv_dialog_write(d, out->p, out->len);
		if (n < 0)
			return -1;
		gv_plugin_wrote(p, (size_t)n);
	}
	return 0;
}

/* Where it is gone, gv_plugin_end() says so. */
static void
converse(struct gv_plugin *p, struct gv_dialog *d)
{
	char bytes[4096];
	ssize_t n = 1;

	while (n > 0 && !gv_plugin_is_done(p)) {
		if (write_all(p, d) < 0)
			break;
		n = gv_dialog_read(d, bytes, sizeof(bytes));
		if (n > 0 && gv_plugin_input(p, bytes, (size_t)n) < 0)
			break;
	}
	explicit_bzero(bytes, sizeof(bytes));
}

/* ---- whether it may run ---- */

static bool
is_set(const struct gv_config *c, const char *name)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		if (strcmp(c->entries[i].key, GV_PLUGIN_DIALOG_KEY) == 0 &&
		    c->entries[i].value &&
		    strcmp(c->entries[i].value, name) == 0)
			return true;
	return false;
}

static bool
is_allowed(const struct gv_plugin_dialog *t, const char *name)
{
	size_t i;

	for (i = 0; i < t->n_allowed; i++)
		if (strcmp(t->allowed[i], name) == 0)
			return true;
	return is_set(&t->repo->config, name) ||
	    (t->is_own && t->is_own(t->ctx, name));
}

/* Remember it, here and in git's configuration. */
static int
allow(struct gv_plugin_dialog *t, const char *name)
{
	const char *copy = gv_arena_copy(&t->arena, name, strlen(name));

	if (copy == NULL)
		return GV_ENOMEM;
	if (t->n_allowed < sizeof(t->allowed) / sizeof(*t->allowed))
		t->allowed[t->n_allowed++] = copy;
	return gv_setting_add(GV_PLUGIN_DIALOG_KEY, name);
}

static int
put_question(bool *yes, struct gv_plugin_dialog *t, const char *program)
{
	struct gv_buf text = GV_BUF_INIT;
	int r;

	gv_buf_addf(&text,
	    "the keyring has a recipient whose key needs the program %s; "
	    "allow git-vault to run it in this repository?",
	    program);
	if ((r = gv_buf_check(&text)) == 0)
		r = t->repo->asker.ask(t->repo->asker.ctx, yes, NULL, text.p);
	gv_buf_release(&text);
	return r;
}

/* Ask the user before a plugin of the keyring runs for the first time. */
static int
check_allowed(struct gv_plugin_dialog *t, const char *name, const char *program)
{
	bool yes = false;
	int r = 0;

	if (is_allowed(t, name))
		return 0;
	if (t->repo->asker.ask)
		r = put_question(&yes, t, program);
	if (r < 0)
		return r;
	if (yes)
		return allow(t, name);
	return gv_err(GV_EREFUSED,
	    "the keyring has a recipient whose key needs the program %s, which "
	    "this repository does not allow; if you trust it: git config " GV_PLUGIN_DIALOG_KEY
	    " %s",
	    program, name);
}

/* Find the program outside of all working trees of this repository. */
static int
find_program(
    struct gv_buf *out, const struct gv_plugin_dialog *t, const char *name)
{
	struct gv_worktrees trees = { 0 };
	struct gv_buf program = GV_BUF_INIT, tops = GV_BUF_INIT;
	const char **shut, *p;
	size_t i, n = 0;
	int r = gv_worktrees_load(&trees, t->repo);

	gv_buf_addf(&program, GV_PLUGIN_PROGRAM "%s", name);
	for (i = 0; r == 0 && i < trees.n; i++) {
		r = gv_worktree_top(&tops, t->repo, trees.git_dirs[i]);
		gv_buf_addch(&tops, '\0');
	}
	shut = calloc(trees.n + 1, sizeof(*shut));
	if (shut == NULL || gv_buf_check(&program) < 0 ||
	    gv_buf_check(&tops) < 0)
		r = gv_err_nomem();
	if (r < 0)
		goto out;
	if (t->repo->worktree)
		shut[n++] = t->repo->worktree;
	for (p = tops.p; p < tops.p + tops.len && n <= trees.n;
	     p += strlen(p) + 1)
		if (*p)
			shut[n++] = p;
	r = gv_program_find(out, program.p, shut, n);
out:
	free(shut);
	gv_buf_release(&program);
	gv_buf_release(&tops);
	gv_worktrees_release(&trees);
	return r;
}

static int
run_program(struct gv_plugin *p, const char *program, enum gv_plugin_task task)
{
	const char *argv[] = { program, gv_plugin_flag(task), NULL };
	struct gv_dialog d = { .fd = -1 };
	int r = gv_dialog_open(&d, argv);

	if (r == 0)
		converse(p, &d);
	gv_dialog_close(&d);
	return r;
}

static int
run(const struct gv_plugin_runner *self, struct gv_plugin *p, const char *name,
    enum gv_plugin_task task)
{
	static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER;
	struct gv_plugin_dialog *t = self->calls.ctx;
	struct gv_buf program = GV_BUF_INIT;
	int r;

	pthread_mutex_lock(&one);
	if ((r = find_program(&program, t, name)) < 0)
		goto out;
	if (task == GV_PLUGIN_WRAP &&
	    (r = check_allowed(t, name, program.p)) < 0)
		goto out;
	r = run_program(p, program.p, task);
out:
	pthread_mutex_unlock(&one);
	gv_buf_release(&program);
	return r;
}

void
gv_plugin_dialog_init(struct gv_plugin_dialog *talk, struct gv_repo *repo,
    gv_plugin_dialog_is_own *is_own, void *ctx)
{
	*talk = (struct gv_plugin_dialog){ .runner = { run,
					       { tell, confirm, ask, talk } },
		.repo = repo,
		.is_own = is_own,
		.ctx = ctx,
		.arena = GV_ARENA_INIT };
}

int
gv_plugin_dialog_allow(struct gv_plugin_dialog *talk, const char *recipient)
{
	struct gv_recipient to = GV_RECIPIENT_INIT;
	int r = gv_recipient_parse(&to, recipient, strlen(recipient));

	/* whoever adds one reports what is wrong with it */
	if (r < 0)
		return r == GV_ENOMEM ? r : 0;
	if (to.plugin && !is_allowed(talk, to.plugin))
		r = allow(talk, to.plugin);
	gv_recipient_release(&to);
	return r;
}

void
gv_plugin_dialog_release(struct gv_plugin_dialog *talk)
{
	gv_arena_release(&talk->arena);
	memset(talk, 0, sizeof(*talk));
}
