#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/vec.h"
#include "object/odb.h"
#include "repo/repo.h"
#include "search/search_index.h"
#include "search/search_internal.h"
#include "sys/cancel.h"
#include "sys/lock.h"
#include "textindex/extent.h"
#include "textindex/pathlog.h"
#include "textindex/shelf.h"

/* A segment with more bytes is not merged with others. */
#define MOST_BYTES ((size_t)64 * 1024 * 1024)

/* Of the text, in percent: a segment is kept below that by coarse grams. A new
 * one aims a little lower. */
#define MOST_SHARE 18
#define AIM        17
/* Of less text, no index is large. */
#define MUCH_TEXT ((size_t)1024 * 1024)

struct building {
	struct gv_search *s;
	struct gv_repo *repo;
	struct gv_shelf shelf;
	bool *has; /* by version: a segment has it */
	struct gv_segment_draft draft;
	uint64_t text; /* bytes of it */
	struct gv_search_indexed *out;
	struct gv_extent cover;
	uint32_t *lens; /* by version, for gv_search_record() */
	unsigned char stamp[GV_EXTENT_STAMP]; /* of the refs at first */
	bool is_stamped;
};

/* ---- what there is ------------------------------------------------------- */

/* A part whose contents are gone from all snapshots says of deleted files what
 * was in them. */
static bool
is_worn(struct building *b, const struct gv_segment *seg, bool strict)
{
	struct gv_segment_doc doc;
	uint32_t i, version, gone = 0;

	for (i = 0; i < seg->docs; i++) {
		gv_segment_doc(&doc, seg, i);
		gone += !gv_search_find_version(&version, b->s, &doc.oid);
	}
	return gone > (strict ? 0 : seg->docs / 2);
}

static void
note_docs(struct building *b, const struct gv_segment *seg)
{
	struct gv_segment_doc doc;
	uint32_t i, version;

	for (i = 0; i < seg->docs; i++) {
		gv_segment_doc(&doc, seg, i);
		if (gv_search_find_version(&version, b->s, &doc.oid))
			b->has[version] = true;
	}
}

static void
drop(struct building *b, struct gv_shelf_book *book)
{
	gv_shelf_remove(b->repo, book->number);
	book->is_damaged = true;
}

static int
look_at_shelf(struct building *b, bool strict)
{
	const size_t n = b->s->private->n_versions;
	size_t i;
	int r;

	if ((b->has = calloc(n + 1, sizeof(*b->has))) == NULL)
		return gv_err_nomem();
	if ((r = gv_shelf_open(&b->shelf, b->repo)) < 0)
		return r;
	for (i = 0; i < b->shelf.n; i++) {
		struct gv_shelf_book *book = &b->shelf.books[i];

		if (book->is_damaged || !gv_segment_is_intact(&book->segment) ||
		    is_worn(b, &book->segment, strict))
			drop(b, book);
		else
			note_docs(b, &book->segment);
	}
	return 0;
}

/* ---- what is new --------------------------------------------------------- */

struct task {
	uint32_t path, version;
};

static int
compare(const void *a, const void *b)
{
	const struct task *x = a, *y = b;

	if (x->path != y->path)
		return x->path > y->path ? 1 : -1;
	return (x->version > y->version) - (x->version < y->version);
}

/* What no segment has, by path. */
static int
list_tasks(struct task **out, size_t *n, struct building *b)
{
	const struct gv_search_private *p = b->s->private;
	struct task *all;
	size_t i;

	*n = 0;
	*out = all = malloc((p->n_changes + 1) * sizeof(*all));
	if (all == NULL)
		return gv_err_nomem();
	for (i = 0; i < p->n_changes; i++) {
		const uint32_t version = p->changes[i].version;

		if (version == GV_STORY_NONE || b->has[version])
			continue;
		b->has[version] = true;
		all[(*n)++] = (struct task){ p->changes[i].path, version };
	}
	if (*n)
		qsort(all, *n, sizeof(*all), compare);
	return 0;
}

static int
store(struct building *b, const struct gv_buf *segment)
{
	struct gv_shelf now = { .n = 0 };
	uint32_t number;
	int r = gv_shelf_open(&now, b->repo);

	if (r == 0)
		r = gv_shelf_add(&now, b->repo, segment, &number);
	gv_shelf_close(&now);
	return r;
}

static int
write_draft(struct building *b)
{
	struct gv_buf segment = GV_BUF_INIT;
	int r;

	if (b->draft.n_docs == 0)
		return 0;
	r = gv_segment_draft_format(
	    &segment, &b->draft, b->text >= MUCH_TEXT ? AIM : 0);
	b->text = 0;
	if (r == 0)
		r = store(b, &segment);
	gv_buf_release(&segment);
	return r;
}

/* A long text is in no part: it is only counted, and each search reads it. */
static int
add_text(struct building *b, uint32_t version, const struct gv_object *obj)
{
	const struct gv_search_private *p = b->s->private;
	struct gv_sought_text text;
	int r = gv_sought_open(&text, NULL, obj->data, obj->len);

	if (r == 0 || (r > 0 && text.len <= GV_SEGMENT_TEXT)) {
		b->text += r ? text.len : 0;
		b->out->added++;
		b->out->bytes += obj->len;
		r = gv_segment_draft_doc(&b->draft,
		    &(struct gv_segment_new){ .oid = p->versions[version],
			.size = (uint32_t)obj->len,
			.text = r ? text.p : NULL,
			.len = r ? (uint32_t)text.len : 0 });
	} else if (r > 0 && version < p->of_snapshots.versions) {
		b->cover.blobs++;
		b->cover.bytes += obj->len;
	}
	gv_sought_close(&text);
	return r < 0 ? r : 0;
}

/* What cannot be read stays for searches, which count it. */
static int
add_version(struct building *b, uint32_t version)
{
	struct gv_search_private *p = b->s->private;
	const struct gv_oid *oid = &p->versions[version];
	struct gv_object obj = { 0 };
	int r;

	if (p->repo->partial && !gv_odb_has(p->odb, oid))
		return 0;
	r = gv_odb_read_type(p->odb, &obj, oid, GV_OTYPE_BLOB);
	if (r == GV_ENOTFOUND || r == GV_ECORRUPT)
		return 0;
	if (r == 0)
		r = add_text(b, version, &obj);
	gv_object_release(&obj);
	return r;
}

static int
add_tasks(struct building *b, const struct task *all, size_t n)
{
	size_t i;
	int r;

	for (i = 0; i < n; i++) {
		if (gv_cancel_requested())
			return gv_cancel_error();
		if (gv_segment_draft_is_full(&b->draft) &&
		    (r = write_draft(b)) < 0)
			return r;
		if ((r = add_version(b, all[i].version)) < 0)
			return r;
	}
	return write_draft(b);
}

/* ---- merging ------------------------------------------------------------- */

static int
by_size(const void *a, const void *b)
{
	const struct gv_shelf_book *x = a, *y = b;

	return (x->map.len > y->map.len) - (x->map.len < y->map.len);
}

/* The smallest ones, as long as the next one is not twice as large as all
 * before it: a few are left, each far larger than the one before. */
static size_t
choose(const struct gv_shelf_book *books, size_t n)
{
	size_t sum = 0, chosen = 0, i;

	for (i = 0; i < n && !books[i].is_damaged; i++) {
		if (sum + books[i].map.len > MOST_BYTES)
			break;
		if (i && books[i].map.len < 2 * sum)
			chosen = i + 1;
		sum += books[i].map.len;
	}
	return chosen;
}

/* One takes the place of some. */
static int
merge(struct building *b, const struct gv_shelf_book *books, size_t n)
{
	struct gv_segment *segs = malloc((n + 1) * sizeof(*segs));
	struct gv_buf segment = GV_BUF_INIT;
	unsigned most;
	size_t i;
	int r;

	if (segs == NULL)
		return gv_err_nomem();
	for (i = 0; i < n; i++)
		segs[i] = books[i].segment;
	most = gv_segment_text(segs, n) >= MUCH_TEXT ? MOST_SHARE : 0;
	r = gv_segment_merge(&segment, segs, n, most);
	free(segs);
	if (r == 0)
		r = store(b, &segment);
	gv_buf_release(&segment);
	for (i = 0; r == 0 && i < n; i++)
		gv_shelf_remove(b->repo, books[i].number);
	return r;
}

/* Whether it is too large for its text, and can be made smaller. */
static bool
is_fat(const struct gv_shelf_book *book)
{
	const uint64_t text = gv_segment_text(&book->segment, 1);

	return text >= MUCH_TEXT && book->map.len > text / 100 * MOST_SHARE &&
	    book->segment.coarse < GV_SEGMENT_COARSE;
}

static int
tidy(struct building *b)
{
	struct gv_shelf *shelf = &b->shelf;
	size_t i, n;
	int r;

	gv_shelf_close(shelf);
	if ((r = gv_shelf_open(shelf, b->repo)) < 0)
		return r;
	if (shelf->n)
		qsort(shelf->books, shelf->n, sizeof(*shelf->books), by_size);
	if ((n = choose(shelf->books, shelf->n)) > 1)
		r = merge(b, shelf->books, n);
	else
		n = 0;
	for (i = n; r == 0 && i < shelf->n; i++)
		if (!shelf->books[i].is_damaged && is_fat(&shelf->books[i]))
			r = merge(b, &shelf->books[i], 1);
	if (r == 0) {
		gv_shelf_close(shelf);
		r = gv_shelf_open(shelf, b->repo);
	}
	for (i = 0; r == 0 && i < shelf->n; i++)
		b->out->size += shelf->books[i].map.len;
	return r;
}

/* ---- what it covers ------------------------------------------------------ */

static int
cover_part(struct building *b, const struct gv_shelf_book *book)
{
	struct gv_extent *c = &b->cover;
	struct gv_segment_doc doc;
	uint32_t i, version;

	if (GV_GROW(c->parts, c->n, c->cap) < 0)
		return gv_err_nomem();
	c->parts[c->n++] = (struct gv_extent_part){ .number = book->number,
		.sum = book->segment.sum };
	for (i = 0; i < book->segment.docs; i++) {
		gv_segment_doc(&doc, &book->segment, i);
		if (!gv_search_find_version(&version, b->s, &doc.oid) ||
		    !b->has[version])
			continue;
		b->has[version] = false;
		b->lens[version] = doc.is_text ? doc.len : GV_PATHLOG_BINARY;
		if (version >= b->s->private->of_snapshots.versions)
			continue;
		c->binary += !doc.is_text;
		c->blobs += doc.is_text;
		c->bytes += doc.is_text ? doc.len : 0;
	}
	return 0;
}

/* What no part has: too large, or not to be read. */
static int
cover_rest(struct building *b)
{
	const struct gv_search_private *p = b->s->private;
	struct gv_extent *c = &b->cover;
	size_t i;

	for (i = 0; i < p->n_versions; i++) {
		if (!b->has[i])
			continue;
		if (GV_GROW(c->unread, c->n_unread, c->cap_unread) < 0)
			return gv_err_nomem();
		c->unread[c->n_unread++] = p->versions[i];
	}
	return 0;
}

/* Say what the index covers, if all refs are where they were when this began,
 * and all that they name was read. Another working tree has saves of its own.
 */
static int
cover(struct building *b)
{
	const struct gv_search_private *p = b->s->private;
	const struct gv_repo *repo = b->repo;
	struct gv_extent *c = &b->cover;
	size_t i;
	int r = gv_extent_stamp(c->stamp, repo->common_dir);

	if (r <= 0 || memcmp(c->stamp, b->stamp, GV_EXTENT_STAMP) != 0 ||
	    repo->partial || b->s->damaged.len ||
	    strcmp(repo->git_dir, repo->common_dir) != 0)
		return r < 0 ? r : 0;
	b->lens = malloc((p->n_versions + 1) * sizeof(*b->lens));
	if (b->lens == NULL)
		return gv_err_nomem();
	for (i = 0; i < p->n_versions; i++) {
		b->has[i] = true;
		b->lens[i] = GV_PATHLOG_UNTOLD;
	}
	for (i = 0; i < b->shelf.n; i++)
		if (!b->shelf.books[i].is_damaged &&
		    (r = cover_part(b, &b->shelf.books[i])) < 0)
			return r;
	if ((r = cover_rest(b)) < 0 ||
	    (r = gv_search_record(b->s, c->stamp, b->lens)) < 0)
		return r;
	c->snapshots = b->s->snapshots;
	gv_extent_save(c, repo);
	return 0;
}

/* ---- all of it ----------------------------------------------------------- */

static int
build(struct building *b, bool strict)
{
	struct task *tasks = NULL;
	size_t n;
	int r;

	if ((r = look_at_shelf(b, strict)) < 0 ||
	    (r = list_tasks(&tasks, &n, b)) < 0)
		goto out;
	r = n ? add_tasks(b, tasks, n) : 0;
	if (r == 0 && (r = tidy(b)) == 0 && b->is_stamped)
		r = cover(b);
out:
	free(tasks);
	free(b->has);
	free(b->lens);
	gv_segment_draft_release(&b->draft);
	gv_shelf_close(&b->shelf);
	gv_extent_release(&b->cover);
	return r;
}

/* What was covered before is not any more. A linked working tree leaves it to
 * the main one to say what is: it removes only what speaks of other refs, and
 * may name what was deleted. */
static int
remove_cover(const struct gv_repo *repo)
{
	struct gv_extent cover = { .n = 0 };
	int r = 0;

	if (strcmp(repo->git_dir, repo->common_dir) != 0)
		r = gv_extent_load(&cover, repo->common_dir);
	gv_extent_release(&cover);
	if (r == 0) {
		gv_extent_remove(repo);
		gv_pathlog_remove(repo);
	}
	return r < 0 ? r : 0;
}

/* The refs first: what comes meanwhile is not said to be covered. */
static int
load(struct building *b)
{
	int r = remove_cover(b->repo);

	if (r < 0)
		return r;
	if ((r = gv_extent_stamp(b->stamp, b->repo->common_dir)) < 0)
		return r;
	b->is_stamped = r > 0;
	return gv_search_load(b->s, b->repo);
}

int
gv_search_index_update(
    struct gv_search_indexed *out, struct gv_repo *repo, bool strict)
{
	struct gv_search s;
	struct building b = { .s = &s, .repo = repo, .out = out };
	struct gv_buf path = GV_BUF_INIT;
	int lock = -1, r;

	memset(out, 0, sizeof(*out));
	memset(&s, 0, sizeof(s));
	if ((r = gv_repo_check_writable(repo)) < 0 ||
	    (r = gv_shelf_path(&path, repo)) < 0 ||
	    (r = gv_file_mkdirs(AT_FDCWD, path.p, 0700)) < 0)
		goto out;
	gv_buf_addstr(&path, "/lock");
	if ((r = gv_buf_check(&path)) < 0 ||
	    (r = gv_lock_open(&lock, path.p, 0)) < 0)
		goto out;
	r = load(&b);
	if (r == 0)
		r = build(&b, strict);
	/* of no snapshot there is nothing to say */
	if (r == GV_ENOTFOUND) {
		gv_search_index_remove(repo);
		r = 0;
	}
out:
	gv_search_release(&s);
	gv_lock_close(lock);
	gv_buf_release(&path);
	return r;
}
