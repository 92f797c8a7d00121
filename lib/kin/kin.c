#include "kin/kin.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"

/* Shorter parts of names, and strings, are in any text. */
#define LEAST_PART   3
#define LEAST_STRING 4

/* A longer part is no word; what is behind it does not count. */
#define MOST_PART 64

/* ---- marks --------------------------------------------------------------- */

static bool
is_lower(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool
is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static int
add(struct gv_kin_marks *out, char kind, const char *p, size_t len)
{
	if (GV_GROW(out->items, out->n, out->cap) < 0)
		return gv_err_nomem();
	out->items[out->n++] = gv_map_hash(p, len) * 2 + (kind == 'S');
	return 0;
}

static int
add_part(struct gv_kin_marks *out, const char *p, size_t len)
{
	char part[MOST_PART];
	size_t i;

	if (len < LEAST_PART)
		return 0;
	if (len > sizeof(part))
		len = sizeof(part);
	for (i = 0; i < len; i++)
		part[i] = is_upper(p[i]) ? (char)(p[i] + 'a' - 'A') : p[i];
	return add(out, 'P', part, len);
}

/* The end of the part that begins at p: "parse" of parseOrder, "HTTP" of
 * HTTPServer. */
static const char *
end_of_part(const char *p, const char *end)
{
	const char *q = p;

	while (q < end && is_upper(*q))
		q++;
	if (q == p || (q - p == 1 && q < end && is_lower(*q))) {
		for (q = p + (q > p); q < end && is_lower(*q);)
			q++;
		return q;
	}
	return q < end && is_lower(*q) ? q - 1 : q;
}

/* The end of a string in one line, behind its quote; NULL: there is none. */
static const char *
end_of_string(const char *p, const char *end)
{
	const char quote = *p;

	for (p++; p < end && *p != '\n'; p++) {
		if (*p == '\\' && p + 1 < end && p[1] != '\n')
			p++;
		else if (*p == quote)
			return p + 1;
	}
	return NULL;
}

static int
add_string(struct gv_kin_marks *out, const char *p, const char *end)
{
	const char *close = end_of_string(p, end);

	if (close == NULL || close - p - 2 < LEAST_STRING)
		return 0;
	return add(out, 'S', p + 1, (size_t)(close - p) - 2);
}

/* A string counts as a whole, and so do the words in it. An end that was not
 * found in a line is not sought again in it. */
static int
add_all(struct gv_kin_marks *out, const char *p, const char *end)
{
	const char *next = p; /* strings are sought from there on */
	int r = 0;

	while (r == 0 && p < end) {
		if ((*p == '"' || *p == '\'') && p >= next) {
			const char *close = end_of_string(p, end);

			r = add_string(out, p, end);
			next = close;
			if (close == NULL)
				next = memchr(p, '\n', (size_t)(end - p));
			if (next == NULL)
				next = end;
			p++;
		} else if (is_lower(*p) || is_upper(*p)) {
			const char *part = p;

			p = end_of_part(p, end);
			r = add_part(out, part, (size_t)(p - part));
		} else {
			p++;
		}
	}
	return r;
}

static int
by_value(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void
keep_each_once(struct gv_kin_marks *marks)
{
	size_t i, n = 0;

	if (marks->n)
		qsort(marks->items, marks->n, sizeof(*marks->items), by_value);
	for (i = 0; i < marks->n; i++)
		if (n == 0 || marks->items[n - 1] != marks->items[i])
			marks->items[n++] = marks->items[i];
	marks->n = n;
}

int
gv_kin_mark(
    struct gv_kin_marks *out, const char *path, const char *text, size_t len)
{
	const char *slash = strrchr(path, '/'),
		   *name = slash ? slash + 1 : path;
	const char *dot = strrchr(name, '.');
	int r;

	memset(out, 0, sizeof(*out));
	if ((len && (r = add_all(out, text, text + len)) < 0) ||
	    (r = add_all(out, name, dot ? dot : name + strlen(name))) < 0)
		return r;
	keep_each_once(out);
	return 0;
}

void
gv_kin_release(struct gv_kin_marks *marks)
{
	free(marks->items);
	memset(marks, 0, sizeof(*marks));
}

/* ---- pairs --------------------------------------------------------------- */

/* Files are numbered over both sides, the old ones first. */
struct place {
	uint64_t mark;
	uint32_t file;
};

struct joining {
	struct place *places; /* by mark, then file; of what tells something */
	size_t n;
	uint32_t n_old, n_all;
	double *norm;   /* of each file: the sum of what its marks count */
	double *common; /* of each old file, with the new one at hand */
	uint32_t *n_common, *seen;
	size_t n_seen;
};

static int
by_mark(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->mark != y->mark)
		return x->mark > y->mark ? 1 : -1;
	return (x->file > y->file) - (x->file < y->file);
}

static size_t
end_of_mark(const struct joining *j, size_t i)
{
	size_t end = i + 1;

	while (end < j->n && j->places[end].mark == j->places[i].mark)
		end++;
	return end;
}

/* What a mark counts that this number of files have. */
static double
weight(const struct joining *j, size_t files)
{
	const double w = log((double)(j->n_all + 2) / (double)files);

	return w * w;
}

static size_t
count_old(const struct joining *j, size_t from, size_t end)
{
	size_t i = from;

	while (i < end && j->places[i].file < j->n_old)
		i++;
	return i - from;
}

/* Drop what is in too many files, and sum up what the marks of each count. */
static void
weigh(struct joining *j)
{
	size_t i, k, end, n = 0;

	for (i = 0; i < j->n; i = end) {
		const size_t old = count_old(j, i, end = end_of_mark(j, i));
		const double w = weight(j, end - i);

		if (old > GV_KIN_FILES || end - i - old > GV_KIN_FILES)
			continue;
		for (k = i; k < end; k++)
			j->norm[j->places[k].file] += w;
		memmove(&j->places[n], &j->places[i],
		    (end - i) * sizeof(*j->places));
		n += end - i;
	}
	j->n = n;
}

static size_t
find_mark(const struct joining *j, uint64_t mark)
{
	size_t low = 0, high = j->n;

	while (low < high) {
		const size_t mid = low + (high - low) / 2;

		if (j->places[mid].mark < mark)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static void
compare(struct joining *j, const struct gv_kin_marks *new)
{
	size_t i, k, begin, end;
	double w;

	for (i = 0; i < new->n; i++) {
		begin = find_mark(j, new->items[i]);
		if (begin == j->n || j->places[begin].mark != new->items[i])
			continue;
		end = end_of_mark(j, begin);
		w = weight(j, end - begin);
		for (k = begin; k < end && j->places[k].file < j->n_old; k++) {
			const uint32_t old = j->places[k].file;

			if (j->n_common[old]++ == 0)
				j->seen[j->n_seen++] = old;
			j->common[old] += w;
		}
	}
}

/* The nearest of those that were seen, which are then forgotten. */
static struct gv_kin_pair
take_best(struct joining *j, uint32_t new)
{
	struct gv_kin_pair best = { .new = new };
	double most = 0, alike;
	size_t i;

	for (i = 0; i < j->n_seen; i++) {
		const uint32_t old = j->seen[i];
		const double norm = j->norm[old] * j->norm[j->n_old + new];

		alike = norm > 0 ? 100 * j->common[old] / sqrt(norm) : 0;
		if (j->n_common[old] >= GV_KIN_LEAST &&
		    (alike > most ||
			(most > 0 && alike >= most && old < best.old))) {
			most = alike;
			best.old = old;
		}
		j->common[old] = 0;
		j->n_common[old] = 0;
	}
	j->n_seen = 0;
	best.alike = most > 100 ? 100 : (unsigned)most;
	return best;
}

static void
put_places(struct joining *j, const struct gv_kin_marks *files, size_t n)
{
	size_t i, k;

	for (i = 0; i < n; i++, j->n_all++)
		for (k = 0; k < files[i].n; k++)
			j->places[j->n++] =
			    (struct place){ files[i].items[k], j->n_all };
}

static size_t
count_marks(const struct gv_kin_marks *files, size_t n)
{
	size_t i, sum = 0;

	for (i = 0; i < n; i++)
		sum += files[i].n;
	return sum;
}

static int
join(struct gv_kin_pairs *out, struct joining *j,
    const struct gv_kin_marks *new, size_t n_new)
{
	struct gv_kin_pair pair;
	uint32_t i;

	for (i = 0; i < n_new; i++) {
		compare(j, &new[i]);
		pair = take_best(j, i);
		if (pair.alike < GV_KIN_ALIKE)
			continue;
		if (GV_GROW(out->items, out->n, out->cap) < 0)
			return gv_err_nomem();
		out->items[out->n++] = pair;
	}
	return 0;
}

int
gv_kin_join(struct gv_kin_pairs *out, const struct gv_kin_marks *old,
    size_t n_old, const struct gv_kin_marks *new, size_t n_new)
{
	struct joining j = { .n_old = (uint32_t)n_old };
	int r;

	memset(out, 0, sizeof(*out));
	j.places =
	    malloc((count_marks(old, n_old) + count_marks(new, n_new) + 1) *
		sizeof(*j.places));
	j.norm = calloc(n_old + n_new + 1, sizeof(*j.norm));
	j.common = calloc(n_old + 1, sizeof(*j.common));
	j.n_common = calloc(n_old + 1, sizeof(*j.n_common));
	j.seen = calloc(n_old + 1, sizeof(*j.seen));
	if (j.places == NULL || j.norm == NULL || j.common == NULL ||
	    j.n_common == NULL || j.seen == NULL) {
		r = gv_err_nomem();
		goto out;
	}
	put_places(&j, old, n_old);
	put_places(&j, new, n_new);
	if (j.n)
		qsort(j.places, j.n, sizeof(*j.places), by_mark);
	weigh(&j);
	r = join(out, &j, new, n_new);
out:
	free(j.places);
	free(j.norm);
	free(j.common);
	free(j.n_common);
	free(j.seen);
	return r;
}
