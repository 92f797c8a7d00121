#include <ctype.h>
#include <fcntl.h>
#include <string.h>

#include "base/err.h"
#include "drill/drill_internal.h"
#include "policy/disclosure.h"
#include "sys/file.h"

/*
 * Whether a line that a tool printed can be told: it stays in reports, and the
 * tool has read files with secrets in clear. A line is left out if the scanner
 * finds a secret in it, or if a word of it that could be a value stands in a
 * file that Git does not have as it is: secrets come back into these alone.
 */

#define LEAST 6 /* characters of a value */

static bool
is_of_word(char c)
{
	return !isspace((unsigned char)c) && !strchr("\"'`()[]{}<>,;=", c);
}

/* The next word, of *len characters; false behind the last. */
static bool
next_word(const char **word, size_t *len, const char **at, const char *end)
{
	const char *p = *at;

	while (p < end && !is_of_word(*p))
		p++;
	*word = p;
	while (p < end && is_of_word(*p))
		p++;
	*at = p;
	/* what ends a sentence is no part of a value, nor is a colon */
	while (p > *word && strchr(".:!?", p[-1]))
		p--;
	*len = (size_t)(p - *word);
	return *at > *word;
}

static bool
has_word_of(const char *line, size_t len, const struct gv_file_map *file)
{
	const char *at = line, *word;
	size_t n;

	while (next_word(&word, &n, &at, line + len))
		if (n >= LEAST && file->p &&
		    memmem(file->p, file->len, word, n))
			return true;
	return false;
}

static int
look_in(bool *found, struct gv_drill_run *run, const struct gv_buf *paths,
    const char *line, size_t len)
{
	const char *at;
	int r = 0;

	for (at = paths->p; r == 0 && !*found && at < paths->p + paths->len;
	     at += strlen(at) + 1) {
		struct gv_file_map file = { .p = NULL };
		struct gv_buf path = GV_BUF_INIT;

		gv_buf_addf(&path, "%s/%s", run->clone, at);
		if ((r = gv_buf_check(&path)) == 0) {
			r = gv_file_map(
			    &file, AT_FDCWD, path.p, (size_t)1 << 30);
			/* a link, or a folder */
			if (r == GV_ENOTFOUND || r == GV_EREFUSED)
				r = 0;
			else if (r == 0)
				*found = has_word_of(line, len, &file);
		}
		gv_file_unmap(&file);
		gv_buf_release(&path);
	}
	return r;
}

static int
look_in_changed(
    bool *found, struct gv_drill_run *run, const char *line, size_t len)
{
	static const char *const others[] = { "ls-files", "-z", "--others",
		NULL };
	static const char *const changed[] = { "diff", "-z", "--name-only",
		"--no-ext-diff", "--no-textconv", "HEAD", NULL };
	struct gv_buf paths = GV_BUF_INIT;
	int r = gv_drill_git(&paths, run, others);

	if (r == 0)
		r = gv_drill_git(&paths, run, changed);
	if (r > 0)
		r = gv_err(GV_ERROR, "git cannot list the files of the clone");
	if (r == 0)
		r = look_in(found, run, &paths, line, len);
	gv_buf_release(&paths);
	return r;
}

int
gv_drill_may_tell(
    bool *out, struct gv_drill_run *run, const char *line, size_t len)
{
	struct gv_disclosure disclosure = GV_DISCLOSURE_INIT(NULL);
	struct gv_disclosed what;
	struct gv_buf text = GV_BUF_INIT;
	bool found = false;
	int r;

	gv_buf_add(&text, line, len);
	gv_buf_addch(&text, '\0');
	if ((r = gv_buf_check(&text)) == 0 &&
	    (r = gv_disclosure_find(&what, &disclosure, text.p)) == 0)
		r = look_in_changed(&found, run, line, len);
	*out = r == 0 && !found;
	gv_disclosure_release(&disclosure);
	gv_buf_release(&text);
	return r < 0 ? r : 0;
}
