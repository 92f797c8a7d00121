/* What the text of refs says: pure functions, for bytes of anybody. */
#include "fleet/fleet_look.h"

#include <string.h>

#include "base/buf.h"
#include "base/lines.h"
#include "base/time.h"
#include "crypto/sha.h"
#include "repo/refs.h"

#define IS_BELOW(name, len, prefix)                                            \
	((len) > sizeof(prefix) - 1 &&                                         \
	    memcmp((name), (prefix), sizeof(prefix) - 1) == 0)

/* A line apart: the name behind the last blank. */
static const char *
name_of(const char *line, size_t len, size_t *name_len)
{
	const char *blank = len ? memrchr(line, ' ', len) : NULL;

	if (blank == NULL || line[0] == '#' || line[0] == '^' ||
	    blank + 1 == line + len || memchr(line, '\0', len))
		return NULL;
	*name_len = (size_t)(line + len - (blank + 1));
	return blank + 1;
}

bool
gv_fleet_look_is_head(const char *value, size_t len)
{
	static const char ref[] = "ref: refs/";
	size_t i;

	if (len >= sizeof(ref) && memcmp(value, ref, sizeof(ref) - 1) == 0)
		return true;
	for (i = 0; i < len; i++)
		if (memchr("0123456789abcdef", value[i], 16) == NULL)
			return false;
	return len == 40 || len == 64;
}

static int
compare(const char *a, size_t a_len, const char *b, size_t b_len)
{
	const int c = memcmp(a, b, a_len < b_len ? a_len : b_len);

	return c ? c : (a_len > b_len) - (a_len < b_len);
}

/* The next line that is of a ref; false at the end. */
struct reading {
	const char *p, *end;
	const char *line, *name;
	size_t len, name_len;
};

static bool
step(struct reading *r)
{
	while (gv_lines_next(&r->line, &r->len, &r->p, r->end))
		if ((r->name = name_of(r->line, r->len, &r->name_len)))
			return true;
	return false;
}

static void
put(struct gv_buf *out, const struct reading *r)
{
	gv_buf_add(out, r->line, r->len);
	gv_buf_add(out, "\n", 1);
}

int
gv_fleet_look_merge(struct gv_buf *out, const char *loose, size_t loose_len,
    const char *packed, size_t packed_len)
{
	struct reading l = { .p = loose, .end = loose + loose_len };
	struct reading p = { .p = packed, .end = packed + packed_len };
	bool has_l = step(&l), has_p = step(&p);

	while (has_l || has_p) {
		const int c = !has_l ? 1
		    : !has_p         ? -1
			     : compare(l.name, l.name_len, p.name, p.name_len);

		put(out, c > 0 ? &p : &l);
		has_p = c >= 0 ? step(&p) : has_p;
		has_l = c <= 0 ? step(&l) : has_l;
	}
	return gv_buf_check(out);
}

/* The newest by its id, which begins with the time. */
static void
take_snapshot(struct gv_fleet_look *out, const char *id, size_t len)
{
	int64_t time;

	if (len >= sizeof(out->last) || memchr(id, '/', len))
		return;
	out->snapshots++;
	if (len < 16 || gv_time_parse_compact(&time, id) < 0 ||
	    time < out->last_time)
		return;
	out->last_time = time;
	memcpy(out->last, id, len);
	out->last[len] = '\0';
}

/* Whether the fleet's own commands move it. */
static bool
is_noise(const char *name, size_t len)
{
	return IS_BELOW(name, len, GV_REFS_REPORTS) ||
	    IS_BELOW(name, len, GV_REFS_AUDIT);
}

static void
take(struct gv_fleet_look *out, const struct reading *r)
{
	const char *name = r->name;
	const size_t len = r->name_len;

	if (IS_BELOW(name, len, GV_REFS_SNAPSHOTS))
		take_snapshot(out, name + sizeof(GV_REFS_SNAPSHOTS) - 1,
		    len - (sizeof(GV_REFS_SNAPSHOTS) - 1));
	out->states += IS_BELOW(name, len, GV_REFS_STATES);
	out->records += IS_BELOW(name, len, GV_REFS_GOOD);
	out->has_keyring |= len == sizeof(GV_REF_KEYRING) - 1 &&
	    memcmp(name, GV_REF_KEYRING, len) == 0;
}

void
gv_fleet_look_refs(struct gv_fleet_look *out, const char *lines, size_t len)
{
	struct reading r = { .p = lines, .end = lines + len };
	unsigned char sum[2 * GV_SHA_BYTES] = { 0 };

	while (step(&r)) {
		take(out, &r);
		if (is_noise(r.name, r.name_len))
			continue;
		gv_sha_sum(sum + GV_SHA_BYTES, r.line, r.len);
		gv_sha_sum(sum, sum, sizeof(sum));
	}
	memcpy(out->refs, sum, sizeof(out->refs));
}
