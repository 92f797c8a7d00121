#include "verify/faulty.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "worktree/cache.h"

/*
 * Text, a line a ref in their order, and at last the CRC-32 of all before it:
 *	git-vault faulty 1
 *	<commit> <ref>
 *	= <crc>
 */
#define MAGIC "git-vault faulty 1\n"
#define NAME  "faulty"

static int
compare(const void *a, const void *b)
{
	const struct gv_faulty_entry *x = a, *y = b;
	int c = strcmp(x->ref, y->ref);

	return c ? c : memcmp(x->commit.id, y->commit.id, GV_OID_RAW);
}

static int
add(struct gv_faulty *faulty, const char *ref, size_t len,
    const struct gv_oid *commit)
{
	struct gv_faulty_entry *e;

	if (GV_GROW(faulty->entries, faulty->n, faulty->cap) < 0)
		return gv_err_nomem();
	e = &faulty->entries[faulty->n];
	e->commit = *commit;
	if ((e->ref = strndup(ref, len)) == NULL)
		return gv_err_nomem();
	faulty->n++;
	return 0;
}

int
gv_faulty_add(
    struct gv_faulty *faulty, const char *ref, const struct gv_oid *commit)
{
	return add(faulty, ref, strlen(ref), commit);
}

/* "<commit> <ref>", without the newline. */
static int
parse_line(struct gv_faulty *out, const char *line, size_t len)
{
	char hex[GV_OID_HEX + 1];
	struct gv_oid commit;
	const char *ref = line + GV_OID_HEX + 1;

	if (len <= GV_OID_HEX + 1 || line[GV_OID_HEX] != ' ' ||
	    memchr(line, '\0', len) || gv_oid_parse(&commit, line) < 0)
		return GV_ECORRUPT;
	/* the digits are ours, so none is a capital */
	gv_oid_format(hex, &commit);
	if (memcmp(hex, line, GV_OID_HEX) != 0)
		return GV_ECORRUPT;
	if (add(out, ref, len - GV_OID_HEX - 1, &commit) < 0)
		return GV_ENOMEM;
	return out->n > 1 &&
		compare(&out->entries[out->n - 2], &out->entries[out->n - 1]) >=
		    0
	    ? GV_ECORRUPT
	    : 0;
}

int
gv_faulty_parse(struct gv_faulty *out, const char *text, size_t len)
{
	size_t end = gv_cache_text_end(text, len, MAGIC), at = strlen(MAGIC);
	const char *lf;
	int r = 0;

	memset(out, 0, sizeof(*out));
	if (end == 0)
		return GV_ECORRUPT;
	while (r == 0 && at < end) {
		lf = memchr(text + at, '\n', end - at);
		r = lf ? parse_line(out, text + at, (size_t)(lf - text) - at)
		       : GV_ECORRUPT;
		at = lf ? (size_t)(lf - text) + 1 : end;
	}
	if (r < 0)
		gv_faulty_release(out);
	return r;
}

static void
sort(struct gv_faulty *faulty)
{
	size_t i, n = 0;

	if (faulty->n)
		qsort(faulty->entries, faulty->n, sizeof(*faulty->entries),
		    compare);
	for (i = 0; i < faulty->n; i++) {
		struct gv_faulty_entry e = faulty->entries[i];

		if (n && compare(&faulty->entries[n - 1], &e) == 0)
			free(e.ref);
		else
			faulty->entries[n++] = e;
	}
	faulty->n = n;
}

void
gv_faulty_format(struct gv_buf *out, struct gv_faulty *faulty)
{
	size_t from = out->len, i;
	char hex[GV_OID_HEX + 1];

	sort(faulty);
	gv_buf_addstr(out, MAGIC);
	for (i = 0; i < faulty->n; i++) {
		gv_oid_format(hex, &faulty->entries[i].commit);
		gv_buf_addf(out, "%s %s\n", hex, faulty->entries[i].ref);
	}
	gv_cache_seal_text(out, from);
}

int
gv_faulty_load(struct gv_faulty *out, const struct gv_repo *repo)
{
	struct gv_buf text = GV_BUF_INIT;
	int r = gv_cache_load(&text, repo, NAME);

	memset(out, 0, sizeof(*out));
	if (r == 0)
		r = gv_faulty_parse(out, text.p, text.len);
	gv_buf_release(&text);
	return r == GV_ENOMEM ? r : 0;
}

void
gv_faulty_save(struct gv_faulty *faulty, const struct gv_repo *repo)
{
	struct gv_buf text = GV_BUF_INIT;

	if (faulty->n == 0) {
		gv_cache_remove(repo, NAME);
		return;
	}
	gv_faulty_format(&text, faulty);
	gv_cache_save(repo, NAME, &text, true);
	gv_buf_release(&text);
}

void
gv_faulty_drop(
    struct gv_faulty *faulty, const char *ref, const struct gv_oid *commit)
{
	size_t i, n = 0;

	for (i = 0; i < faulty->n; i++) {
		struct gv_faulty_entry e = faulty->entries[i];

		if (strcmp(e.ref, ref) == 0 &&
		    (commit == NULL || gv_oid_equal(commit, &e.commit)))
			free(e.ref);
		else
			faulty->entries[n++] = e;
	}
	faulty->n = n;
}

/* Of a state an older version may be meant, which the ref leads to. */
static bool
is_named(const struct gv_faulty_entry *e, const struct gv_refs *refs)
{
	const struct gv_ref *ref = gv_refs_find(refs, e->ref);

	if (strncmp(e->ref, GV_REFS_SNAPSHOTS, strlen(GV_REFS_SNAPSHOTS)) != 0)
		return ref != NULL;
	return ref && gv_oid_equal(&ref->oid, &e->commit);
}

int
gv_faulty_drop_gone(struct gv_faulty *faulty, struct gv_repo *repo)
{
	static const char *const names[] = { GV_REF_NOTES, NULL };
	struct gv_refs refs = { 0 };
	size_t i, n = 0;
	int r =
	    faulty->n ? gv_ref_list_with(&refs, repo, names, GV_REFS_VAULT) : 0;

	for (i = 0; r == 0 && i < faulty->n; i++) {
		struct gv_faulty_entry e = faulty->entries[i];

		if (is_named(&e, &refs))
			faulty->entries[n++] = e;
		else
			free(e.ref);
	}
	faulty->n = r == 0 ? n : faulty->n;
	gv_refs_release(&refs);
	return r;
}

void
gv_faulty_release(struct gv_faulty *faulty)
{
	size_t i;

	if (faulty == NULL)
		return;
	for (i = 0; i < faulty->n; i++)
		free(faulty->entries[i].ref);
	free(faulty->entries);
	memset(faulty, 0, sizeof(*faulty));
}
