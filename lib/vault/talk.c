#include "vault/talk.h"

#include <pthread.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "crypto/secret.h"
#include "sys/dialog.h"
#include "sys/tty.h"

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
	if (r == 0)
		r = gv_buf_check(&text);
	if (r == 0)
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
	if (r == 0)
		r = gv_buf_check(&text);
	if (r == 0)
		r = gv_secret_grow(answer, LINE);
	if (r == 0) {
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

static int
run(struct gv_plugin *p, const char *name, enum gv_plugin_task task)
{
	static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER;
	struct gv_buf program = GV_BUF_INIT;
	struct gv_dialog d = { .fd = -1 };
	int r;

	gv_buf_addf(&program, GV_PLUGIN_PROGRAM "%s", name);
	r = gv_buf_check(&program);
	if (r == 0) {
		const char *argv[] = { program.p, gv_plugin_flag(task), NULL };

		pthread_mutex_lock(&one);
		r = gv_dialog_open(&d, argv);
		if (r == 0)
			converse(p, &d);
		gv_dialog_close(&d);
		pthread_mutex_unlock(&one);
	}
	gv_buf_release(&program);
	return r;
}

const struct gv_plugin_runner gv_talk_runner = {
	.run = run,
	.calls = { tell, confirm, ask, NULL },
};
