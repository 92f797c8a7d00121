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

static int
add_object(struct gv_sweep_window *w, const struct gv_object *obj)
{
	const char *p = (const char *)obj->data, *end = p + obj->len;
	const char *body = memmem(p, obj->len, "\n\n", 2), *nl;
	int r = 0;

	if (body)
		r = gv_sweep_window_add(
		    w, body + 2, (size_t)(end - (body + 2)));
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
	if (r == 0 && !text->is_bare &&
	    (obj.type == GV_OTYPE_COMMIT || obj.type == GV_OTYPE_TAG))
		r = add_object(w, &obj);
	if (r == 0 && text->len)
		r = gv_sweep_window_add(w, text->names, text->len);
	gv_object_release(&obj);
	return r < 0 ? gv_err_in(r, "%s", job->path) : 1;
}
