#include "replica/copies_held.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/vec.h"
#include "record/record_id.h"
#include "replica/replica_refs.h"
#include "repo/refs.h"
#include "sys/file.h"

/*
 *	git-vault-held 1
 *	COMMIT ID
 */
#define MAGIC "git-vault-held 1\n"
#define LINE  ((size_t)(GV_OID_HEX + 1 + GV_RECORD_ID_LEN + 1))
#define MAX   ((size_t)64 << 20)

int
gv_copies_held_format(
    struct gv_buf *out, const struct gv_replica_manifest *found)
{
	const size_t front = strlen(GV_REFS_SNAPSHOTS);
	char hex[GV_OID_HEX + 1];
	size_t i;

	gv_buf_addstr(out, MAGIC);
	for (i = 0; i < found->n_refs; i++) {
		const char *name = found->refs[i].name;

		if (!gv_replica_refs_is_snapshot(name) ||
		    strlen(name) != front + GV_RECORD_ID_LEN)
			continue;
		gv_oid_format(hex, &found->refs[i].id);
		gv_buf_addf(out, "%s %s\n", hex, name + front);
	}
	return gv_buf_check(out);
}

static int
take_line(struct gv_copies_held *out, const char *line)
{
	struct gv_copies_snapshot *one;
	int r = GV_GROW(out->all, out->n, out->cap);

	if (r < 0)
		return r;
	one = &out->all[out->n];
	if (line[GV_OID_HEX] != ' ' || line[LINE - 1] != '\n' ||
	    gv_oid_parse(&one->commit, line) < 0)
		return GV_ECORRUPT;
	one->id =
	    gv_arena_copy(&out->arena, line + GV_OID_HEX + 1, GV_RECORD_ID_LEN);
	if (one->id == NULL)
		return GV_ENOMEM;
	out->n++;
	return 0;
}

static int
compare(const void *a, const void *b)
{
	const struct gv_copies_snapshot *x = a, *y = b;

	return strcmp(x->id, y->id);
}

int
gv_copies_held_parse(struct gv_copies_held *out, const char *text, size_t len)
{
	const size_t front = strlen(MAGIC);
	size_t at;
	int r = 0;

	out->n = 0;
	if (len < front || memcmp(text, MAGIC, front) != 0 ||
	    (len - front) % LINE)
		return gv_err(GV_ECORRUPT,
		    "the list of snapshots that were verified is damaged");
	for (at = front; r == 0 && at < len; at += LINE)
		r = take_line(out, text + at);
	if (r < 0)
		out->n = 0;
	if (out->n)
		qsort(out->all, out->n, sizeof(*out->all), compare);
	return r == GV_ECORRUPT
	    ? gv_err(r, "the list of snapshots that were verified is damaged")
	    : r;
}

void
gv_copies_held_release(struct gv_copies_held *held)
{
	if (held == NULL)
		return;
	free(held->all);
	gv_arena_release(&held->arena);
	held->all = NULL;
	held->n = held->cap = 0;
}

static int
path_of(struct gv_buf *out, const char *dir)
{
	gv_buf_addf(out, "%s/held", dir);
	return gv_buf_check(out);
}

int
gv_copies_held_save(const struct gv_replica_manifest *found, const char *dir)
{
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT;
	int r = path_of(&path, dir);

	if (r == 0 && (r = gv_copies_held_format(&text, found)) == 0)
		r = gv_file_replace(
		    AT_FDCWD, path.p, text.p, text.len, 0666, true);
	gv_buf_release(&path);
	gv_buf_release(&text);
	return r;
}

int
gv_copies_held_load(struct gv_copies_held *out, const char *dir)
{
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT;
	int r = path_of(&path, dir);

	if (r == 0 && (r = gv_file_read(&text, AT_FDCWD, path.p, MAX)) == 0)
		r = gv_copies_held_parse(out, text.p, text.len);
	gv_buf_release(&path);
	gv_buf_release(&text);
	return r == GV_ENOTFOUND || r == GV_ECORRUPT || r == GV_EREFUSED ? 0
									 : r;
}
