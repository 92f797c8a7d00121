#include "view/history_internal.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "repo/hash.h"

#define WHAT (6 + 1 + GV_OID_HEX) /* "MODE ID", as git prints them */

/* A file of the set, kept where some snapshots hold some files only. */
struct file {
	const char *path;
	char full[WHAT + 1]; /* in the last one of all files; "": none */
	char over[WHAT + 1]; /* in one of some files since; "": in none */
	struct file *next;   /* that one since has */
};

/* Put a file into the sum, or take it out of it: once more undoes it. */
static int
mix(struct gv_history_sum *s, const char *what, const char *path)
{
	struct gv_buf text = GV_BUF_INIT;
	struct gv_oid id;
	size_t i;
	int r;

	gv_buf_addf(&text, "%s %s", what, path);
	if ((r = gv_buf_check(&text)) == 0) {
		gv_hash_object(&id, GV_OTYPE_BLOB, text.p, text.len);
		for (i = 0; i < GV_OID_RAW; i++)
			s->oid.id[i] ^= id.id[i];
	}
	gv_buf_release(&text);
	return r;
}

static int
replace(
    struct gv_history_sum *s, const char *was, const char *is, const char *path)
{
	int r = *was ? mix(s, was, path) : 0;

	if (r == 0 && *is)
		r = mix(s, is, path);
	s->files += *is != '\0';
	s->files -= *was != '\0';
	return r;
}

static int
file_at(struct file **out, struct gv_history_sum *s, const char *path)
{
	struct file *f = gv_map_get(&s->by_path, path, strlen(path));
	int r = 0;

	if (f == NULL) {
		f = gv_arena_alloc(&s->arena, sizeof(*f));
		if (f == NULL)
			return GV_ENOMEM;
		memset(f, 0, sizeof(*f));
		f->path = gv_arena_copy(&s->arena, path, strlen(path));
		if (f->path == NULL)
			return GV_ENOMEM;
		r = gv_map_put(&s->by_path, f->path, strlen(path), f);
	}
	*out = f;
	return r;
}

/* Of a line ":mode mode id id X" one side. */
static void
side_of(char out[WHAT + 1], const char *mode, const char *oid)
{
	out[0] = '\0';
	if (strncmp(mode, "000000", 6) != 0)
		snprintf(out, WHAT + 1, "%.6s %.*s", mode, GV_OID_HEX, oid);
}

int
gv_history_sum_change(
    struct gv_history_sum *s, const char *line, const char *path)
{
	char was[WHAT + 1], is[WHAT + 1];
	struct file *f;
	int r;

	side_of(was, line + 1, line + 15);
	side_of(is, line + 8, line + 56);
	r = replace(s, was, is, path);
	if (r < 0 || !s->keeps)
		return r;
	if ((r = file_at(&f, s, path)) == 0)
		memcpy(f->full, is, sizeof(is));
	return r;
}

int
gv_history_sum_over(
    struct gv_history_sum *s, const char *line, const char *path)
{
	char is[WHAT + 1];
	struct file *f;
	int r = file_at(&f, s, path);

	side_of(is, line + 8, line + 56);
	if (r < 0 || *is == '\0')
		return r;
	if (*f->over == '\0') {
		f->next = s->over;
		s->over = f;
		r = replace(s, f->full, is, path);
	} else {
		r = replace(s, f->over, is, path);
	}
	memcpy(f->over, is, sizeof(is));
	return r;
}

int
gv_history_sum_settle(struct gv_history_sum *s)
{
	struct file *f;
	int r = 0;

	for (f = s->over; r == 0 && f; f = f->next) {
		r = replace(s, f->over, f->full, f->path);
		f->over[0] = '\0';
	}
	s->over = NULL;
	return r;
}

void
gv_history_sum_release(struct gv_history_sum *s)
{
	gv_map_release(&s->by_path);
	gv_arena_release(&s->arena);
}
