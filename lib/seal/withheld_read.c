#include <string.h>

#include "base/enc.h"
#include "base/err.h"
#include "base/path.h"
#include "seal/withheld_internal.h"

/*
 *	git-vault secrets 1
 *	<kind> <offset> <length> <scope> <rule> <id> <object> <path>
 *
 * one line a placeholder, in the order of path and offset. The path is the rest
 * of the line, quoted as the manifest does.
 */

/* Where the format's number stands in the first line. */
static const char stem[] = "git-vault secrets ";

int
gv_withheld_open(struct gv_withheld_iter *it, const char *data, size_t len)
{
	size_t n = strlen(stem), magic = strlen(gv_withheld_magic);
	const char *lf = len ? memchr(data, '\n', len) : NULL, *p = data + n;

	memset(it, 0, sizeof(*it));
	it->path = it->words = it->again = it->previous =
	    (struct gv_buf)GV_BUF_INIT;
	if (lf == NULL || (size_t)(lf - data) <= n ||
	    memcmp(data, stem, n) != 0)
		return gv_err(
		    GV_ECORRUPT, "this is not a list of encrypted secrets");
	if ((size_t)(lf - data) + 1 != magic ||
	    memcmp(data, gv_withheld_magic, magic) != 0)
		return gv_err(GV_ECORRUPT,
		    "the list of encrypted secrets has format %.*s, and this "
		    "git-vault reads format 1 only; use a newer one",
		    (int)(lf - p > 20 ? 20 : lf - p), p);
	it->first = it->p = lf + 1;
	it->end = data + len;
	it->line = 1;
	return 0;
}

/* Take a word and the blank behind it off the line; its length, 0 for none. */
static size_t
take_word(const char **word, const char **p, const char *end)
{
	const char *blank = memchr(*p, ' ', (size_t)(end - *p));

	if (blank == NULL)
		return 0;
	*word = *p;
	*p = blank + 1;
	return (size_t)(blank - *word);
}

static int
take_number(uint64_t *out, const char **p, const char *end)
{
	const char *word = NULL;
	size_t n = take_word(&word, p, end), i;

	*out = 0;
	for (i = 0; i < n; i++) {
		unsigned d = (unsigned)(unsigned char)word[i] - '0';

		if (d > 9 || *out > (UINT64_MAX - d) / 10)
			return GV_ECORRUPT;
		*out = *out * 10 + d;
	}
	return n ? 0 : GV_ECORRUPT;
}

static int
take_hex(unsigned char *out, size_t len, const char **p, const char *end)
{
	const char *word = NULL;

	if (take_word(&word, p, end) != 2 * len)
		return GV_ECORRUPT;
	return gv_enc_unhex(out, word, len);
}

/* Append a word with a NUL to it->words. */
static int
keep_word(struct gv_withheld_iter *it, const char **p, const char *end)
{
	const char *word = NULL;
	size_t n = take_word(&word, p, end);

	if (n == 0 || memchr(word, '\0', n))
		return GV_ECORRUPT;
	gv_buf_add(&it->words, word, n);
	gv_buf_addch(&it->words, '\0');
	return 0;
}

static int
take_path(struct gv_withheld_iter *it, const char *p, const char *end)
{
	size_t used;

	gv_buf_reset(&it->path);
	if (p < end && *p == '"')
		return gv_path_unquote(&it->path, p, (size_t)(end - p), &used);
	gv_buf_add(&it->path, p, (size_t)(end - p));
	return 0;
}

/* The fields of a line; what else is wrong with it shows when it is written
 * again, for there is one way to do so. */
static int
parse(struct gv_withheld_iter *it, struct gv_withheld_entry *e,
    const char *line, const char *lf)
{
	struct gv_redact_span *place = &e->place;
	const char *p = line + 2;

	gv_buf_reset(&it->words);
	if (lf - line < 3 || !memchr("sft", *line, 3))
		return GV_ECORRUPT;
	e->kind = (enum gv_withheld_kind) * line;
	if (take_number(&place->at, &p, lf) < 0 ||
	    take_number(&place->len, &p, lf) < 0 || keep_word(it, &p, lf) < 0 ||
	    keep_word(it, &p, lf) < 0 ||
	    take_hex(place->id.bytes, GV_DIGEST_BYTES, &p, lf) < 0 ||
	    take_hex(e->object.id, GV_OID_RAW, &p, lf) < 0 ||
	    take_path(it, p, lf) < 0 || it->words.failed || it->path.failed)
		return GV_ECORRUPT;
	e->scope = it->words.p;
	place->rule = e->scope + strlen(e->scope) + 1;
	e->path = it->path.p;
	e->path_len = it->path.len;
	if (gv_withheld_fault(e))
		return GV_ECORRUPT;
	gv_buf_reset(&it->again);
	gv_withheld_put(&it->again, e);
	return it->again.len == (size_t)(lf + 1 - line) &&
		memcmp(it->again.p, line, it->again.len) == 0
	    ? 0
	    : GV_ECORRUPT;
}

/* Whether it comes behind the one before it. */
static bool
is_next(const struct gv_withheld_iter *it, const struct gv_withheld_entry *e)
{
	int c;

	if (!it->begun)
		return true;
	c = gv_withheld_compare(e, it->previous.p, it->previous.len);
	return c > 0 ||
	    (c == 0 && !it->previous_is_all && !gv_withheld_is_all(e) &&
		e->place.at >= it->previous_end);
}

static int
say(const struct gv_withheld_iter *it)
{
	if (it->words.failed || it->path.failed || it->again.failed ||
	    it->previous.failed)
		return gv_err_nomem();
	if (it->line == 0)
		return gv_err(
		    GV_ECORRUPT, "the list of encrypted secrets is damaged");
	return gv_err(GV_ECORRUPT,
	    "line %u of the list of encrypted secrets is damaged", it->line);
}

int
gv_withheld_next(struct gv_withheld_iter *it, struct gv_withheld_entry *e)
{
	const char *lf;

	memset(e, 0, sizeof(*e));
	if (it->p == it->end)
		return 0;
	it->line += it->line > 0;
	lf = memchr(it->p, '\n', (size_t)(it->end - it->p));
	if (lf == NULL || parse(it, e, it->p, lf) < 0 || !is_next(it, e))
		return say(it);
	gv_buf_reset(&it->previous);
	gv_buf_add(&it->previous, e->path, e->path_len);
	it->previous_end = e->place.at + e->place.len;
	it->previous_is_all = gv_withheld_is_all(e);
	it->begun = true;
	it->p = lf + 1;
	return it->previous.failed ? say(it) : 1;
}

/* Where the line begins that holds this byte. */
static const char *
line_of(const struct gv_withheld_iter *it, const char *p)
{
	while (p > it->first && p[-1] != '\n')
		p--;
	return p;
}

int
gv_withheld_find(struct gv_withheld_iter *it, const char *path, size_t len)
{
	const char *low = it->first, *high = it->end, *line, *lf;
	struct gv_withheld_entry e = { .path = NULL };
	bool found = false;
	int c;

	it->line = 0;
	it->begun = false;
	/* lines before `low` are of lesser paths, those from `high` on of this
	 * one or greater ones */
	while (low < high) {
		line = line_of(it, low + (high - low) / 2);
		lf = memchr(line, '\n', (size_t)(it->end - line));
		if (lf == NULL || parse(it, &e, line, lf) < 0)
			return say(it);
		c = gv_withheld_compare(&e, path, len);
		found |= c == 0;
		if (c < 0)
			low = lf + 1;
		else
			high = line;
	}
	it->p = low;
	return found ? 0 : GV_ENOTFOUND;
}

void
gv_withheld_close(struct gv_withheld_iter *it)
{
	if (it == NULL)
		return;
	gv_buf_release(&it->path);
	gv_buf_release(&it->words);
	gv_buf_release(&it->again);
	gv_buf_release(&it->previous);
}
