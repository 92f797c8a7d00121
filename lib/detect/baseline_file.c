#include "detect/baseline.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/map.h"
#include "base/path.h"
#include "base/vec.h"
#include "detect/sweep.h"

/*
 * # git-vault baseline 1
 * <fingerprint> <rule> <path>
 *
 * What stands behind the fingerprint is for people; lines with '#' in front,
 * and empty ones, say nothing.
 */
static int
compare(const void *a, const void *b)
{
	return memcmp(((const struct gv_baseline_entry *)a)->digest.bytes,
	    ((const struct gv_baseline_entry *)b)->digest.bytes,
	    GV_IDKEY_DIGEST);
}

static int
add(struct gv_baseline *b, const char *text, unsigned line)
{
	struct gv_baseline_entry e = { .line = line };
	char name[GV_IDKEY_NAME + 1];
	int r;

	if (gv_idkey_parse(&e.digest, name, text) < 0)
		return gv_err(GV_EREFUSED, "a line begins with a fingerprint");
	if (*b->key && strcmp(b->key, name) != 0)
		return gv_err(GV_EREFUSED,
		    "this fingerprint was made with the key %s, those before "
		    "with %s",
		    name, b->key);
	memcpy(b->key, name, sizeof(name));
	if ((r = GV_GROW(b->entries, b->n, b->cap)) == 0)
		b->entries[b->n++] = e;
	return r;
}

static int
read_line(struct gv_baseline *b, const char *p, size_t len, unsigned line)
{
	char text[GV_IDKEY_TEXT + 1];
	const char *blank = memchr(p, ' ', len);
	size_t n = blank ? (size_t)(blank - p) : len;

	if (line == 1 &&
	    (len != strlen(GV_BASELINE_HEAD) ||
		memcmp(p, GV_BASELINE_HEAD, len) != 0))
		return gv_err(GV_EREFUSED,
		    "line 1 is not '" GV_BASELINE_HEAD
		    "': this is not a baseline, or one of a later "
		    "version");
	if (len == 0 || *p == '#')
		return 0;
	if (n > GV_IDKEY_TEXT)
		n = 0;
	memcpy(text, p, n);
	text[n] = '\0';
	return add(b, text, line);
}

/* By digest, each once: a merge may have brought one from both sides. */
static void
sort(struct gv_baseline *b)
{
	size_t i, n = 1;

	qsort(b->entries, b->n, sizeof(*b->entries), compare);
	for (i = 1; i < b->n; i++)
		if (compare(&b->entries[i], &b->entries[n - 1]) != 0)
			b->entries[n++] = b->entries[i];
	b->n = n;
}

int
gv_baseline_parse(
    struct gv_baseline *out, const char *name, const char *data, size_t len)
{
	struct gv_baseline b = { 0 };
	const char *p = data, *end = data + len, *nl;
	unsigned line = 0;
	int r = 0;

	do {
		nl = memchr(p, '\n', (size_t)(end - p));
		nl = nl ? nl : end;
		line++;
		r = read_line(&b, p, (size_t)(nl - p), line);
		p = nl < end ? nl + 1 : end;
	} while (r == 0 && p < end);
	if (r < 0) {
		gv_baseline_release(&b);
		return r == GV_EREFUSED ? gv_err_in(r, "%s:%u", name, line) : r;
	}
	if (b.n)
		sort(&b);
	*out = b;
	return 0;
}

struct gv_baseline_entry *
gv_baseline_find(
    const struct gv_baseline *b, const struct gv_idkey_digest *digest)
{
	const struct gv_baseline_entry sought = { .digest = *digest };

	return b->n
	    ? bsearch(&sought, b->entries, b->n, sizeof(sought), compare)
	    : NULL;
}

static void
add_finding(
    struct gv_buf *out, const struct gv_idkey *key, const struct gv_finding *f)
{
	char text[GV_IDKEY_TEXT + 1];

	gv_idkey_format(text, key, &f->fingerprint);
	gv_buf_addf(out, "%s %s ", text, f->rule->id);
	gv_path_quote(out, f->path, strlen(f->path));
	gv_buf_addch(out, '\n');
}

int
gv_baseline_format(struct gv_buf *out, const struct gv_sweep *sweep,
    enum gv_finding_grade least)
{
	struct gv_map seen = GV_MAP_INIT;
	size_t i;
	int r = 0;

	gv_buf_addstr(out, GV_BASELINE_HEAD "\n");
	for (i = 0; r == 0 && sweep->key && i < sweep->n; i++) {
		struct gv_finding *f = &sweep->findings[i];
		const void *id = f->fingerprint.bytes;

		if (f->grade < least || f->allowed == GV_FINDING_BY_POLICY ||
		    f->allowed == GV_FINDING_BY_COMMENT ||
		    gv_map_get(&seen, id, GV_IDKEY_DIGEST))
			continue;
		add_finding(out, sweep->key, f);
		r = gv_map_put(&seen, id, GV_IDKEY_DIGEST, f);
	}
	gv_map_release(&seen);
	return r < 0 ? r : gv_buf_check(out);
}

void
gv_baseline_release(struct gv_baseline *b)
{
	if (b == NULL)
		return;
	free(b->entries);
	memset(b, 0, sizeof(*b));
}
