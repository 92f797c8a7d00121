/*
 * What is had once a run. A command opens the safe several times, a restore for
 * its own and once more for the snapshot that it takes before, and each would
 * read stdin and have services asked again. So what came in, and what a text
 * gave, is kept in locked memory until the command ends; also that a text gave
 * nothing, and why: a service that gives no answer is waited for once, whatever
 * else it wrapped.
 */
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "crypto/secret.h"
#include "key/backend_wrapped.h"
#include "key/keyfile.h"
#include "sys/cancel.h"
#include "sys/file.h"
#include "sys/tty.h"

struct text {
	struct text *next;
	struct gv_buf wrapped;
	struct gv_secret file;
	int code;
	char *why; /* where that is a failure */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* over the rest */
static struct text *texts;
static bool has_input;
static struct gv_secret input;

/* ---- stdin ---- */

static int
read_input(struct gv_secret *out)
{
	struct gv_secret text = GV_SECRET_INIT;
	ssize_t n;
	int r = gv_secret_grow(&text, GV_KEYFILE_MAX + 1);

	/* or whoever pasted a hint waits for a command that waits for them */
	if (r == 0 && gv_tty_is(0))
		(void)gv_tty_tell("paste the text of the key, and press Ctrl-D "
				  "on a line of its own:\n");
	if (r == 0) {
		n = gv_file_read_typed(0, text.p, GV_KEYFILE_MAX + 1);
		if (n < 0 && errno == EINTR)
			r = gv_cancel_error();
		else if (n < 0)
			r = gv_err_sys("cannot read the input");
		else if ((size_t)n > GV_KEYFILE_MAX)
			r = gv_err(GV_EREFUSED,
			    "more than %zu bytes come in, so it is no identity",
			    GV_KEYFILE_MAX);
		else
			r = gv_secret_add(out, text.p, (size_t)n);
	}
	gv_secret_release(&text);
	return r;
}

int
gv_keyfile_input(struct gv_secret *out)
{
	int r = 0;

	pthread_mutex_lock(&lock);
	if (!has_input)
		r = read_input(&input);
	has_input = has_input || r == 0;
	if (r == 0)
		r = gv_secret_add(out, input.p, input.len);
	pthread_mutex_unlock(&lock);
	return r;
}

/* ---- services ---- */

static void
drop(struct text *t)
{
	gv_buf_release(&t->wrapped);
	gv_secret_release(&t->file);
	free(t->why);
	free(t);
}

/* What is known of it, or of its service. */
static struct text *
find(const struct gv_secret *wrapped)
{
	struct text *t;

	for (t = texts; t; t = t->next)
		if (gv_secret_is(wrapped, t->wrapped.p, t->wrapped.len) ||
		    (t->code == GV_ERROR &&
			gv_backend_wrapped_same(t->wrapped.p, t->wrapped.len,
			    wrapped->p, wrapped->len)))
			return t;
	return NULL;
}

/* NULL: no memory. */
static struct text *
ask(const struct gv_secret *wrapped)
{
	struct text *t = calloc(1, sizeof(*t));
	char *before;

	if (t == NULL)
		return NULL;
	t->wrapped = (struct gv_buf)GV_BUF_INIT;
	gv_buf_add(&t->wrapped, wrapped->p, wrapped->len);
	if (gv_buf_check(&t->wrapped) < 0) {
		drop(t);
		return NULL;
	}
	before = gv_err_save();
	t->code = gv_backend_wrapped_open(&t->file, wrapped->p, wrapped->len);
	if (t->code < 0)
		t->why = gv_err_save();
	gv_err_restore(before);
	t->next = texts;
	texts = t;
	return t;
}

int
gv_keyfile_unwrap(struct gv_secret *out, const struct gv_secret *wrapped)
{
	struct text *t;
	int r;

	pthread_mutex_lock(&lock);
	t = find(wrapped);
	if (t == NULL)
		t = ask(wrapped);
	if (t == NULL)
		r = gv_err_nomem();
	else if (t->code < 0)
		r = gv_err(t->code, "%s", t->why ? t->why : "");
	else
		r = gv_secret_add(out, t->file.p, t->file.len);
	pthread_mutex_unlock(&lock);
	return r;
}

void
gv_keyfile_forget(void)
{
	struct text *t;

	pthread_mutex_lock(&lock);
	while ((t = texts)) {
		texts = t->next;
		drop(t);
	}
	gv_secret_release(&input);
	has_input = false;
	pthread_mutex_unlock(&lock);
}
