#include "search/search_internal.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "object/odb.h"
#include "object/odb_skim.h"
#include "repo/repo.h"
#include "search/definition.h"
#include "sys/cancel.h"
#include "sys/workers.h"

/* Neighbours in a pack share what their deltas stand on. Of a few, each thread
 * gets some all the same. */
#define BATCH 64
#define TURNS 8

struct job {
	struct gv_search *s;
	/* as packs have them */
	struct gv_search_place {
		uint64_t place;
		uint32_t version;
	} * order;
	size_t n, batch;
	atomic_size_t next;
	atomic_uint_fast64_t blobs, bytes, binary, missing;
};

static bool
is_tagged(const struct gv_search_tags *tags, size_t line)
{
	size_t low = 0, high = tags->n;

	while (low < high) {
		const size_t mid = low + (high - low) / 2;

		if (tags->lines[mid] < line)
			low = mid + 1;
		else
			high = mid;
	}
	return low < tags->n && tags->lines[low] == line;
}

/* A line may use what it defines: `x = x` does so with its first match, and
 * `struct a a(` with its second one. */
bool
gv_search_is_definition(const struct gv_search_private *p, uint32_t version,
    const struct gv_definition_language *lang, const char *text,
    const struct gv_sought_hit *hit)
{
	const char *line = text + hit->line;
	size_t at = hit->at - hit->line, n = hit->match;

	if (p->tags && p->tags[version].is_known)
		return is_tagged(&p->tags[version], hit->number);
	if (lang == NULL)
		return false;
	do {
		if (gv_definition_is(lang, line, hit->line_len, at, n))
			return true;
		at += n ? n : 1;
	} while (at < hit->line_len &&
	    gv_sought_find(&at, &n, &p->sought, line, hit->line_len, at));
	return false;
}

/* A hash of the lines, so that two versions are known to have the same. */
static void
look_at(
    struct gv_search *s, uint32_t version, const struct gv_sought_text *text)
{
	struct gv_search_private *p = s->private;
	struct gv_story_version *out = &p->found[version];
	const struct gv_definition_language *lang =
	    gv_definition_language(s->paths[p->path_of[version]]);
	struct gv_sought_hit hit = { 0 };

	while (gv_sought_next(&hit, &p->sought, text->p, text->len)) {
		const uint64_t hash =
		    gv_map_hash(text->p + hit.line, hit.line_len);
		const bool defines =
		    gv_search_is_definition(p, version, lang, text->p, &hit);

		out->is_word |= hit.is_word;
		if (p->opts->symbol && !defines)
			continue;
		out->is_definition |= defines;
		out->lines++;
		out->print = (out->print ^ hash) * UINT64_C(0x100000001b3);
	}
}

int
gv_search_look(
    struct gv_search *s, uint32_t version, const void *data, size_t len)
{
	struct gv_sought_text text;
	int r = gv_sought_open(&text, &s->private->sought, data, len);

	if (r > 0)
		look_at(s, version, &text);
	gv_sought_close(&text);
	return r < 0 ? r : 0;
}

static bool
is_text(const struct gv_object *obj)
{
	return obj->type == GV_OTYPE_BLOB &&
	    gv_sought_is_searched(obj->data, obj->len);
}

static int
look(struct job *job, uint32_t number, const struct gv_object *obj)
{
	return gv_search_look(job->s, number, obj->data, obj->len);
}

/* Most versions do not have the text: the name is checked of those that have.
 */
static int
read_version(struct job *job, struct gv_object *obj, uint32_t number)
{
	struct gv_search_private *p = job->s->private;
	const struct gv_oid *oid = &p->versions[number];
	int r = gv_odb_skim(p->odb, obj, oid);

	if (r < 0)
		return r;
	if (obj->type == GV_OTYPE_BLOB) {
		if (!is_text(obj))
			return 0;
		if ((r = look(job, number, obj)) < 0 ||
		    p->found[number].lines == 0 ||
		    gv_odb_is_intact(p->odb, obj, oid))
			return r;
		memset(&p->found[number], 0, sizeof(p->found[number]));
	}
	/* another place may have it intact */
	gv_object_release(obj);
	r = gv_odb_read_type(p->odb, obj, oid, GV_OTYPE_BLOB);
	if (r == 0 && is_text(obj))
		r = look(job, number, obj);
	return r;
}

/* Of a partial clone nothing is fetched: that may be gigabytes. */
static int
read_one(struct job *job, uint32_t number)
{
	struct gv_search_private *p = job->s->private;
	struct gv_object obj = { 0 };
	int r;

	if (p->repo->partial && !gv_odb_has(p->odb, &p->versions[number])) {
		atomic_fetch_add(&job->missing, 1);
		return 0;
	}
	r = read_version(job, &obj, number);
	if (r == GV_ENOTFOUND || r == GV_ECORRUPT) {
		atomic_fetch_add(&job->missing, 1);
		r = 0;
	} else if (r == 0 && is_text(&obj)) {
		atomic_fetch_add(&job->blobs, 1);
		atomic_fetch_add(&job->bytes, obj.len);
	} else if (r == 0) {
		atomic_fetch_add(&job->binary, 1);
	}
	gv_object_release(&obj);
	return r;
}

static int
work(void *ctx, int worker)
{
	struct job *job = ctx;
	const size_t n = job->n;
	size_t i, end;
	int r = 0;

	(void)worker;
	while (r == 0 && (i = atomic_fetch_add(&job->next, job->batch)) < n) {
		if (gv_cancel_requested())
			return gv_cancel_error();
		end = n - i > job->batch ? i + job->batch : n;
		for (; r == 0 && i < end; i++)
			r = read_one(job, job->order[i].version);
	}
	return r;
}

static int
compare(const void *a, const void *b)
{
	const struct gv_search_place *x = a, *y = b;

	return (x->place > y->place) - (x->place < y->place);
}

/* Those that are to be read, as packs have them. */
static int
list(struct job *job)
{
	struct gv_search_private *p = job->s->private;
	size_t i;
	int r;

	job->order = malloc((p->n_versions + 1) * sizeof(*job->order));
	if (job->order == NULL)
		return gv_err_nomem();
	for (i = 0; i < p->n_versions; i++)
		if (!p->is_known[i])
			job->order[job->n++].version = (uint32_t)i;
	if (job->n == 0)
		return 0;
	if ((r = gv_odb_gather(p->odb)) < 0)
		return r;
	for (i = 0; i < job->n; i++)
		job->order[i].place =
		    gv_odb_place(p->odb, &p->versions[job->order[i].version]);
	qsort(job->order, job->n, sizeof(*job->order), compare);
	return 0;
}

/* What kind of text a version is, its path tells: any that has it. */
static int
find_paths(struct gv_search_private *p)
{
	size_t i;

	p->path_of = calloc(p->n_versions + 1, sizeof(*p->path_of));
	if (p->path_of == NULL)
		return gv_err_nomem();
	for (i = 0; i < p->n_paths; i++)
		if (p->now[i] != GV_STORY_NONE)
			p->path_of[p->now[i]] = (uint32_t)i;
	for (i = p->n_changes; i > 0; i--) {
		const struct gv_story_change *c = &p->changes[i - 1];

		if (c->version != GV_STORY_NONE)
			p->path_of[c->version] = c->path;
	}
	return 0;
}

/* Where the next portion ends. What ctags is to judge is judged when all is
 * read. */
static size_t
find_end(const struct job *job, size_t first, size_t n)
{
	const size_t end = first ? 2 * first : GV_SEARCH_PORTION;

	return end < n && !job->s->private->opts->symbol ? end : n;
}

static size_t
choose_batch(size_t n, int threads)
{
	const size_t batch = n / ((size_t)threads * TURNS);

	return batch < 1 ? 1 : batch < BATCH ? batch : BATCH;
}

static int
scan(struct job *job)
{
	struct gv_search_private *p = job->s->private;
	const int threads = gv_workers_count(0);
	const size_t n = job->n;
	size_t first, i;
	int r = 0;

	for (first = 0; r == 0 && first < n; first = job->n) {
		job->n = find_end(job, first, n);
		job->batch = choose_batch(job->n - first, threads);
		atomic_store(&job->next, first);
		r = gv_workers_run(threads, work, job);
		for (i = first; r == 0 && i < job->n; i++)
			p->is_known[job->order[i].version] = true;
		job->s->is_reading = job->n < n;
		if (r == 0 && job->s->is_reading)
			r = gv_search_tell(job->s);
	}
	return r;
}

int
gv_search_scan(struct gv_search *s)
{
	struct gv_search_private *p = s->private;
	struct job job = { .s = s };
	int r;

	p->found = calloc(p->n_versions + 1, sizeof(*p->found));
	if (p->found == NULL)
		return gv_err_nomem();
	if ((r = find_paths(p)) < 0)
		return r;
	if ((r = list(&job)) == 0 && job.n)
		r = scan(&job);
	s->read = atomic_load(&job.blobs);
	s->blobs += s->read;
	s->bytes += atomic_load(&job.bytes);
	s->binary += atomic_load(&job.binary);
	s->missing = atomic_load(&job.missing);
	free(job.order);
	return r;
}
