#include <string.h>

#include "base/err.h"
#include "detect/sweep_internal.h"
#include "object/odb.h"

/*
 * What leaves with commits beside the bytes of files: messages, the names of
 * people, of files and of refs. All of one commit is one text, whose facts are
 * kept under the id of the commit: it decides the names of files that it adds,
 * too. The text is
 *	the message, so that lines of a finding are lines of the message
 *	the lines author, committer, tagger, and the name of a tag
 *	the names of files that no parent has, a line each
 */

/* Letters of base 64: a public key has 68, a signature 88, with its key 128. */
#define SHORTEST 64
#define LONGEST  160

/* The header lines that hold what people wrote. */
static bool
is_said(const char *line)
{
	static const char *const words[] = { "author ", "committer ", "tagger ",
		"tag ", NULL };
	size_t i;

	for (i = 0; words[i]; i++)
		if (strncmp(line, words[i], strlen(words[i])) == 0)
			return true;
	return false;
}

static bool
is_base64(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	    (c >= 'A' && c <= 'Z') || c == '+' || c == '/' || c == '=';
}

void
gv_sweep_text_blank(char *text, size_t len)
{
	static const char *const before[] = { "\"sig\":\"",
		"Vault-Signature: ", "ssh-ed25519 " };
	char *end = text + len, *p, *from;
	size_t i, n;

	for (i = 0; i < sizeof(before) / sizeof(*before); i++) {
		n = strlen(before[i]);
		for (p = text;
		     (p = memmem(p, (size_t)(end - p), before[i], n));) {
			for (from = p += n; p < end && is_base64(*p); p++)
				;
			if (p - from >= SHORTEST && p - from <= LONGEST)
				memset(from, ' ', (size_t)(p - from));
		}
	}
}

static int
add_message(struct gv_sweep_window *w, const char *p, size_t len)
{
	struct gv_buf text = GV_BUF_INIT;
	int r;

	gv_buf_add(&text, p, len);
	if ((r = gv_buf_check(&text)) == 0) {
		gv_sweep_text_blank(text.p, text.len);
		r = gv_sweep_window_add(w, text.p, text.len);
	}
	gv_buf_release(&text);
	return r;
}

static int
add_object(struct gv_sweep_window *w, const struct gv_object *obj)
{
	const char *p = (const char *)obj->data, *end = p + obj->len;
	const char *body = memmem(p, obj->len, "\n\n", 2), *nl;
	int r = 0;

	if (body)
		r = add_message(w, body + 2, (size_t)(end - (body + 2)));
	if (r == 0)
		r = gv_sweep_window_add(w, "\n", 1);
	for (end = body ? body + 1 : end; r == 0 && p < end; p = nl + 1) {
		nl = memchr(p, '\n', (size_t)(end - p));
		if (nl == NULL)
			nl = end - 1;
		if (is_said(p))
			r = gv_sweep_window_add(w, p, (size_t)(nl + 1 - p));
	}
	return r;
}

int
gv_sweep_text_scan(struct gv_sweep_window *w, const struct gv_sweep_job *job)
{
	const struct gv_sweep_text *text = job->text;
	struct gv_object obj = { 0 };
	int r = 0;

	if (!text->is_bare)
		r = gv_odb_read(w->sweep->private->odb, &obj, &job->blob);
	if (r < 0)
		goto out;
	if (!text->is_bare &&
	    (obj.type == GV_OTYPE_COMMIT || obj.type == GV_OTYPE_TAG) &&
	    (r = add_object(w, &obj)) < 0)
		goto out;
	if (text->len)
		r = gv_sweep_window_add(w, text->names, text->len);
out:
	gv_object_release(&obj);
	return r < 0 ? gv_err_in(r, "%s", job->path) : 1;
}
