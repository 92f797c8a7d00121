#include "job/job_state.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/lines.h"
#include "base/vec.h"

/*
 * The file: a line each, fields with a tab between.
 *
 *	git-vault-jobs 1
 *	job NAME DUE BEGUN ENDED STATUS ID SECONDS,SECONDS…
 *	success NAME TIME
 *	added NAME BYTES
 *	count WHAT SUCCESS PARTIAL FAILED
 *	stored WHAT BYTES
 *	told SINCE TIME KEY
 */

#define HEAD   "git-vault-jobs 1"
#define FIELDS 8
#define MOST   1000 /* lines of each kind that are read */

/* ---- reading ------------------------------------------------------------- */

/* Cut a line at its tabs; how many fields it has, FIELDS at most. */
static size_t
split(char *fields[FIELDS], char *line)
{
	size_t n = 0;
	char *tab;

	while (n < FIELDS - 1 && (tab = strchr(line, '\t')) != NULL) {
		fields[n++] = line;
		*tab = '\0';
		line = tab + 1;
	}
	fields[n++] = line;
	return n;
}

/* A number of at most 15 digits; false where it is something else. */
static bool
number(int64_t *out, const char *text)
{
	const size_t n = strspn(text, "0123456789");

	if (n == 0 || n > 15 || text[n])
		return false;
	*out = strtoll(text, NULL, 10);
	return true;
}

static void
read_times(struct gv_job_last *last, char *text)
{
	char *comma;

	while (last->n_times < GV_JOB_STATE_TIMES && *text) {
		comma = strchr(text, ',');
		if (comma)
			*comma = '\0';
		if (!number(&last->times[last->n_times], text))
			return;
		last->n_times++;
		if (comma == NULL)
			return;
		text = comma + 1;
	}
}

static int
read_job(struct gv_job_state *s, char *const *f, size_t n)
{
	struct gv_job_last last = { .n_times = 0 };

	if (n != 8 || s->n == MOST || !number(&last.due, f[2]) ||
	    !number(&last.begun, f[3]) || !number(&last.ended, f[4]))
		return 0;
	last.name = f[1];
	last.status = gv_job_status_named(f[5]);
	last.id = f[6];
	if (last.status == GV_JOB_STATUSES ||
	    gv_job_state_find(s, last.name) != NULL)
		return 0;
	read_times(&last, f[7]);
	if (GV_GROW(s->jobs, s->n, s->cap) < 0)
		return gv_err_nomem();
	s->jobs[s->n++] = last;
	return 0;
}

static int
read_count(struct gv_job_state *s, char *const *f, size_t n)
{
	struct gv_job_count count = { .what = f[1] };
	int64_t value;
	size_t i;

	if (n != 2 + GV_JOB_STATUSES || s->n_counts == MOST)
		return 0;
	for (i = 0; i < GV_JOB_STATUSES; i++) {
		if (!number(&value, f[2 + i]))
			return 0;
		count.n[i] = (uint64_t)value;
	}
	if (GV_GROW(s->counts, s->n_counts, s->cap_counts) < 0)
		return gv_err_nomem();
	s->counts[s->n_counts++] = count;
	return 0;
}

/* Of a line before, of which there is one of each name. */
static int
read_success(struct gv_job_state *s, char *const *f, size_t n)
{
	int64_t time;
	size_t i;

	if (n != 3 || !number(&time, f[2]))
		return 0;
	for (i = 0; i < s->n; i++)
		if (strcmp(s->jobs[i].name, f[1]) == 0)
			s->jobs[i].success = time;
	return 0;
}

/* Of the last run of a line before. */
static int
read_added(struct gv_job_state *s, char *const *f, size_t n)
{
	int64_t bytes;
	size_t i;

	if (n != 3 || !number(&bytes, f[2]))
		return 0;
	for (i = 0; i < s->n; i++)
		if (strcmp(s->jobs[i].name, f[1]) == 0) {
			s->jobs[i].stored = (uint64_t)bytes;
			s->jobs[i].has_size = true;
		}
	return 0;
}

static int
read_stored(struct gv_job_state *s, char *const *f, size_t n)
{
	int64_t bytes;
	size_t i;

	if (n != 3 || !number(&bytes, f[2]))
		return 0;
	for (i = 0; i < s->n_counts; i++)
		if (strcmp(s->counts[i].what, f[1]) == 0)
			s->counts[i].stored = (uint64_t)bytes;
	return 0;
}

static int
read_told(struct gv_job_state *s, char *const *f, size_t n)
{
	struct gv_job_told told = { .key = f[3] };

	if (n != 4 || s->n_told == MOST || !number(&told.since, f[1]) ||
	    !number(&told.time, f[2]) || gv_job_state_told(s, told.key))
		return 0;
	if (GV_GROW(s->told, s->n_told, s->cap_told) < 0)
		return gv_err_nomem();
	s->told[s->n_told++] = told;
	return 0;
}

static int
read_line(struct gv_job_state *s, const char *line, size_t len)
{
	char *fields[FIELDS], *copy;
	size_t n;

	if (memchr(line, '\0', len))
		return 0;
	if ((copy = gv_arena_copy(&s->arena, line, len)) == NULL)
		return GV_ENOMEM;
	n = split(fields, copy);
	if (n < 2)
		return 0;
	if (strcmp(fields[0], "job") == 0)
		return read_job(s, fields, n);
	if (strcmp(fields[0], "count") == 0)
		return read_count(s, fields, n);
	if (strcmp(fields[0], "success") == 0)
		return read_success(s, fields, n);
	if (strcmp(fields[0], "added") == 0)
		return read_added(s, fields, n);
	if (strcmp(fields[0], "stored") == 0)
		return read_stored(s, fields, n);
	return strcmp(fields[0], "told") == 0 ? read_told(s, fields, n) : 0;
}

int
gv_job_state_read(struct gv_job_state *out, const char *text, size_t len)
{
	const char *p = text, *line;
	size_t n;
	int r = 0;

	*out = (struct gv_job_state){ .arena = GV_ARENA_INIT };
	if (len == 0 || !gv_lines_next(&line, &n, &p, text + len) ||
	    n != strlen(HEAD) || memcmp(line, HEAD, n) != 0)
		return 0;
	while (r == 0 && gv_lines_next(&line, &n, &p, text + len))
		r = read_line(out, line, n);
	return r;
}

/* ---- writing ------------------------------------------------------------- */

static void
write_job(struct gv_buf *out, const struct gv_job_last *j)
{
	size_t i;

	gv_buf_addf(out,
	    "job\t%s\t%" PRId64 "\t%" PRId64 "\t%" PRId64 "\t%s\t%s\t", j->name,
	    j->due, j->begun, j->ended, gv_job_statuses[j->status], j->id);
	for (i = 0; i < j->n_times; i++)
		gv_buf_addf(out, "%s%" PRId64, i ? "," : "", j->times[i]);
	gv_buf_addch(out, '\n');
	if (j->success)
		gv_buf_addf(
		    out, "success\t%s\t%" PRId64 "\n", j->name, j->success);
	if (j->has_size)
		gv_buf_addf(
		    out, "added\t%s\t%" PRIu64 "\n", j->name, j->stored);
}

int
gv_job_state_write(struct gv_buf *out, const struct gv_job_state *s)
{
	size_t i, k;

	gv_buf_addstr(out, HEAD "\n");
	for (i = 0; i < s->n; i++)
		write_job(out, &s->jobs[i]);
	for (i = 0; i < s->n_counts; i++) {
		gv_buf_addf(out, "count\t%s", s->counts[i].what);
		for (k = 0; k < GV_JOB_STATUSES; k++)
			gv_buf_addf(out, "\t%" PRIu64, s->counts[i].n[k]);
		gv_buf_addch(out, '\n');
		if (s->counts[i].stored)
			gv_buf_addf(out, "stored\t%s\t%" PRIu64 "\n",
			    s->counts[i].what, s->counts[i].stored);
	}
	for (i = 0; i < s->n_told; i++)
		gv_buf_addf(out, "told\t%" PRId64 "\t%" PRId64 "\t%s\n",
		    s->told[i].since, s->told[i].time, s->told[i].key);
	return gv_buf_check(out);
}

/* ---- notes --------------------------------------------------------------- */

/* A copy that a field can hold. */
static const char *
keep(struct gv_job_state *s, const char *text)
{
	char *copy = gv_arena_copy(&s->arena, text, strlen(text)), *p;

	for (p = copy; p && *p; p++)
		if ((unsigned char)*p < ' ')
			*p = ' ';
	return copy;
}

static struct gv_job_last *
find(const struct gv_job_state *s, const char *name)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (strcmp(s->jobs[i].name, name) == 0)
			return &s->jobs[i];
	return NULL;
}

const struct gv_job_last *
gv_job_state_find(const struct gv_job_state *state, const char *name)
{
	return find(state, name);
}

static int
note_last(struct gv_job_state *s, const struct gv_job_run *run, int64_t due)
{
	struct gv_job_last *last = find(s, run->job);
	const int64_t took = run->ended - run->begun;

	if (last == NULL) {
		if (GV_GROW(s->jobs, s->n, s->cap) < 0)
			return gv_err_nomem();
		last = &s->jobs[s->n];
		*last = (struct gv_job_last){ .name = keep(s, run->job) };
		if (last->name == NULL)
			return GV_ENOMEM;
		s->n++;
	}
	last->due = due;
	last->begun = run->begun;
	last->ended = run->ended;
	last->status = run->status;
	last->has_size = run->has_size;
	last->stored = run->has_size ? run->stored : 0;
	if ((last->id = keep(s, run->id)) == NULL)
		return GV_ENOMEM;
	if (run->status == GV_JOB_FAILED)
		return 0;
	if (run->status == GV_JOB_SUCCESS)
		last->success = run->ended;
	if (last->n_times < GV_JOB_STATE_TIMES)
		last->n_times++;
	memmove(last->times + 1, last->times,
	    (last->n_times - 1) * sizeof(last->times[0]));
	last->times[0] = took < 0 ? 0 : took;
	return 0;
}

int
gv_job_state_note(
    struct gv_job_state *s, const struct gv_job_run *run, int64_t due)
{
	struct gv_job_count *count = NULL;
	size_t i;
	int r;

	if (run->job && (r = note_last(s, run, due)) < 0)
		return r;
	for (i = 0; i < s->n_counts && count == NULL; i++)
		if (strcmp(s->counts[i].what, run->what) == 0)
			count = &s->counts[i];
	if (count == NULL) {
		if (GV_GROW(s->counts, s->n_counts, s->cap_counts) < 0)
			return gv_err_nomem();
		count = &s->counts[s->n_counts];
		*count = (struct gv_job_count){ .what = keep(s, run->what) };
		if (count->what == NULL)
			return GV_ENOMEM;
		s->n_counts++;
	}
	count->n[run->status]++;
	count->stored += run->has_size ? run->stored : 0;
	return 0;
}

static struct gv_job_told *
find_told(const struct gv_job_state *s, const char *key)
{
	size_t i;

	for (i = 0; i < s->n_told; i++)
		if (strcmp(s->told[i].key, key) == 0)
			return &s->told[i];
	return NULL;
}

const struct gv_job_told *
gv_job_state_told(const struct gv_job_state *state, const char *key)
{
	return find_told(state, key);
}

int
gv_job_state_tell(struct gv_job_state *s, const char *key, int64_t time)
{
	struct gv_job_told *told = find_told(s, key);

	if (told == NULL) {
		if (GV_GROW(s->told, s->n_told, s->cap_told) < 0)
			return gv_err_nomem();
		told = &s->told[s->n_told];
		*told =
		    (struct gv_job_told){ .key = keep(s, key), .since = time };
		if (told->key == NULL)
			return GV_ENOMEM;
		s->n_told++;
	}
	told->time = time;
	return 0;
}

void
gv_job_state_forget(struct gv_job_state *s, const char *key)
{
	struct gv_job_told *told = find_told(s, key);

	if (told)
		*told = s->told[--s->n_told];
}

static int
compare(const void *a, const void *b)
{
	const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

int64_t
gv_job_state_median(const struct gv_job_last *last)
{
	int64_t times[GV_JOB_STATE_TIMES];

	if (last->n_times < 3)
		return -1;
	memcpy(times, last->times, last->n_times * sizeof(times[0]));
	qsort(times, last->n_times, sizeof(times[0]), compare);
	return times[last->n_times / 2];
}

void
gv_job_state_release(struct gv_job_state *s)
{
	if (s == NULL)
		return;
	free(s->jobs);
	free(s->counts);
	free(s->told);
	gv_arena_release(&s->arena);
	memset(s, 0, sizeof(*s));
}
