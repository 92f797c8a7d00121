#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/err.h"
#include "crypto/digits.h"
#include "crypto/plugin_internal.h"
#include "crypto/stanza.h"

/*
 *	-> msg; TEXT                      ok | fail
 *	-> confirm YES [NO]; TEXT         ok yes | ok no | fail
 *	-> request-public; TEXT           ok; ANSWER | fail
 *	-> request-secret; TEXT           ok; ANSWER | fail
 *	-> recipient-stanza FILE type words…; BODY      ok     wrapping
 *	-> labels LABEL…                  ok                   wrapping
 *	-> file-key FILE; KEY             ok                   unwrapping
 *	-> error KIND [NUMBER…]; TEXT     ok
 *	-> done                           -
 *	-> anything else                  unsupported
 */

#define CHOICE_MAX    256 /* bytes that a choice is called by */
#define COMPLAINT_MAX 512
#define LABELS_MAX    64

static int
answer(struct gv_plugin *p, const char *word, const char *choice)
{
	const char *words[2] = { word, choice };
	struct gv_stanza_parts parts = { words, choice ? 2 : 1, NULL, 0 };

	return gv_stanza_tell(&p->out, &parts);
}

static int
complain(const struct gv_plugin *p, const struct gv_stanza *s)
{
	size_t len;
	const char *word = gv_stanza_word(s, 0, &len);

	return gv_err(GV_ECORRUPT, "age-plugin-%s says '%.*s' in a wrong way",
	    p->name, (int)(len < 40 ? len : 40), word);
}

/* The body of a stanza as bytes. */
static int
read_text(struct gv_secret *out, const struct gv_stanza *s)
{
	int r = gv_secret_grow(out, s->body_len);

	if (r < 0)
		return r;
	gv_stanza_body(out->p, s);
	out->len = s->body_len;
	return 0;
}

static struct gv_plugin_question
question(const struct gv_plugin *p, const struct gv_secret *text)
{
	struct gv_plugin_question q = { .plugin = p->name };

	q.text = (const char *)text->p;
	q.len = text->len;
	return q;
}

static int
on_msg(struct gv_plugin *p, const struct gv_stanza *s)
{
	struct gv_secret text = GV_SECRET_INIT;
	struct gv_plugin_question q;
	int r = read_text(&text, s);

	if (r == 0) {
		q = question(p, &text);
		r = answer(p,
		    p->calls.tell && p->calls.tell(p->calls.ctx, &q) == 0
			? "ok"
			: "fail",
		    NULL);
	}
	gv_secret_release(&text);
	return r;
}

/* A word of base64; *len bytes, or GV_ECORRUPT without a message. */
static int
read_choice(
    char out[CHOICE_MAX], size_t *len, const struct gv_stanza *s, size_t i)
{
	size_t n;
	const char *word = gv_stanza_word(s, i, &n);

	return gv_digits_read(
	    (unsigned char *)out, CHOICE_MAX, len, word, n, GV_DIGITS_BARE);
}

static int
on_confirm(struct gv_plugin *p, const struct gv_stanza *s)
{
	char yes[CHOICE_MAX], no[CHOICE_MAX];
	struct gv_secret text = GV_SECRET_INIT;
	struct gv_plugin_question q;
	bool chosen = false, both = s->n_words == 3;
	size_t yes_len = 0, no_len = 0;
	int r;

	if (s->n_words < 2 || s->n_words > 3 ||
	    read_choice(yes, &yes_len, s, 1) < 0 ||
	    (both && read_choice(no, &no_len, s, 2) < 0))
		return complain(p, s);
	if ((r = read_text(&text, s)) == 0) {
		q = question(p, &text);
		q.yes = yes;
		q.yes_len = yes_len;
		q.no = both ? no : NULL;
		q.no_len = no_len;
		if (p->calls.confirm &&
		    p->calls.confirm(p->calls.ctx, &q, &chosen) == 0)
			r = answer(p, "ok", chosen ? "yes" : "no");
		else
			r = answer(p, "fail", NULL);
	}
	gv_secret_release(&text);
	return r;
}

static int
request(struct gv_plugin *p, const struct gv_stanza *s, bool secret)
{
	static const char *const ok[] = { "ok" };
	struct gv_secret text = GV_SECRET_INIT, reply = GV_SECRET_INIT;
	struct gv_plugin_question q;
	int r = read_text(&text, s);

	if (r == 0) {
		struct gv_stanza_parts parts = { ok, 1, NULL, 0 };

		q = question(p, &text);
		q.secret = secret;
		if (p->calls.ask &&
		    p->calls.ask(p->calls.ctx, &q, &reply) == 0) {
			parts.body = reply.p;
			parts.body_len = reply.len;
			r = gv_stanza_tell(&p->out, &parts);
		} else {
			r = answer(p, "fail", NULL);
		}
	}
	gv_secret_release(&text);
	gv_secret_release(&reply);
	return r;
}

static int
on_request_public(struct gv_plugin *p, const struct gv_stanza *s)
{
	return request(p, s, false);
}

static int
on_request_secret(struct gv_plugin *p, const struct gv_stanza *s)
{
	return request(p, s, true);
}

/* From its third word on it is the stanza of a header as it stands. */
static int
on_recipient_stanza(struct gv_plugin *p, const struct gv_stanza *s)
{
	size_t file, len;
	const char *from = gv_stanza_word(s, 2, &len);
	struct gv_buf *to;

	if (from == NULL || gv_stanza_number(&file, s, 1) < 0 ||
	    file >= p->n_files)
		return complain(p, s);
	to = &p->stanzas[file];
	if (to->len + s->line_len + s->text_len > GV_AGE_HEADER_MAX / 2)
		return gv_err(GV_ECORRUPT,
		    "age-plugin-%s makes a header that is too large", p->name);
	gv_buf_addstr(to, "-> ");
	gv_buf_add(to, from, (size_t)(s->line + s->line_len - from));
	gv_buf_addch(to, '\n');
	gv_buf_add(to, s->text, s->text_len);
	return gv_buf_check(to) < 0 ? gv_buf_check(to) : answer(p, "ok", NULL);
}

/* Sets of labels are compared, so they are kept in order. */
static int
compare_words(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

static int
keep_labels(struct gv_plugin *p, char **words, size_t n)
{
	size_t i;

	qsort(words, n, sizeof(*words), compare_words);
	for (i = 0; i < n; i++) {
		if (i > 0 && strcmp(words[i - 1], words[i]) == 0)
			return GV_ECORRUPT;
		gv_buf_addf(&p->labels, "%s%s", i ? " " : "", words[i]);
	}
	return gv_buf_check(&p->labels);
}

static int
on_labels(struct gv_plugin *p, const struct gv_stanza *s)
{
	size_t n = s->n_words - 1, len, i;
	char **words;
	int r;

	if (n > LABELS_MAX)
		return complain(p, s);
	words = calloc(n + 1, sizeof(*words));
	r = words ? 0 : gv_err_nomem();
	for (i = 0; i < n && r == 0; i++) {
		const char *word = gv_stanza_word(s, i + 1, &len);

		words[i] = strndup(word, len);
		if (words[i] == NULL)
			r = gv_err_nomem();
	}
	if (r == 0)
		r = p->labelled ? GV_ECORRUPT : keep_labels(p, words, n);
	if (r == GV_ECORRUPT)
		complain(p, s);
	p->labelled = true;
	for (i = 0; words && i < n; i++)
		free(words[i]);
	free(words);
	return r < 0 ? r : answer(p, "ok", NULL);
}

static int
on_file_key(struct gv_plugin *p, const struct gv_stanza *s)
{
	size_t file;

	if (s->n_words != 2 || s->body_len != GV_AGE_KEY ||
	    gv_stanza_number(&file, s, 1) < 0 || file >= p->n_files ||
	    p->found[file])
		return complain(p, s);
	gv_stanza_body(p->keys.p + file * GV_AGE_KEY, s);
	p->found[file] = true;
	return answer(p, "ok", NULL);
}

/* The first complaint is kept, without what could command a terminal. */
static int
on_error(struct gv_plugin *p, const struct gv_stanza *s)
{
	struct gv_secret text = GV_SECRET_INIT;
	size_t i;
	int r = read_text(&text, s);

	if (r == 0 && p->complaint.len == 0) {
		for (i = 0; i < text.len && i < COMPLAINT_MAX; i++)
			gv_buf_addch(&p->complaint,
			    text.p[i] < ' ' || text.p[i] == 127
				? ' '
				: (char)text.p[i]);
		if (text.len == 0)
			gv_buf_addstr(&p->complaint, "it failed");
		r = gv_buf_check(&p->complaint);
	}
	gv_secret_release(&text);
	return r < 0 ? r : answer(p, "ok", NULL);
}

static int
on_done(struct gv_plugin *p, const struct gv_stanza *s)
{
	if (s->n_words != 1 || s->body_len != 0)
		return complain(p, s);
	p->done = true;
	return 0;
}

#define WRAP   (1 << GV_PLUGIN_WRAP)
#define UNWRAP (1 << GV_PLUGIN_UNWRAP)

static const struct {
	const char *name;
	int tasks;
	int (*obey)(struct gv_plugin *p, const struct gv_stanza *s);
} commands[] = {
	{ "msg", WRAP | UNWRAP, on_msg },
	{ "confirm", WRAP | UNWRAP, on_confirm },
	{ "request-public", WRAP | UNWRAP, on_request_public },
	{ "request-secret", WRAP | UNWRAP, on_request_secret },
	{ "recipient-stanza", WRAP, on_recipient_stanza },
	{ "labels", WRAP, on_labels },
	{ "file-key", UNWRAP, on_file_key },
	{ "error", WRAP | UNWRAP, on_error },
	{ "done", WRAP | UNWRAP, on_done },
};

int
gv_plugin_obey(struct gv_plugin *p, const struct gv_stanza *s)
{
	size_t i;

	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (commands[i].tasks & (1 << p->task) &&
		    gv_stanza_is(s, 0, commands[i].name))
			return commands[i].obey(p, s);
	/* they may add to their words, and we are to bear it */
	return answer(p, "unsupported", NULL);
}
