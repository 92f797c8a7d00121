#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/vec.h"
#include "store/ref_internal.h"
#include "store/repo.h"
#include "sys/dir.h"
#include "sys/entry.h"
#include "sys/file.h"

/*
 * With ten thousand snapshots git takes 20 ms to print what one reading of
 * packed-refs tells in one, and every command asks. Its files have had this
 * form since 2013: a ref that moved lately is a file of 40 digits and a
 * newline below refs/, the others are lines "ID NAME" of packed-refs, in
 * order where its first line says "sorted". The files are read first, since
 * packing removes them last. Whatever is not just that (a directory, a
 * symbolic ref, an odd name) is left to git, which knows what it means.
 */

#define MAX_LOOSE  64
#define MAX_PACKED ((size_t)1 << 30)
#define HEAD       "# pack-refs with:"

/* A ref in a file of its own: where its name is in the text, and, once that
 * stays where it is, the name. */
struct loose {
	size_t at;
	const char *name;
	struct gv_oid oid;
};

/* One pattern: a directory of refs with its '/', or a single ref. */
struct part {
	const char *pattern;
	size_t len;
	bool is_dir;
	size_t loose, n_loose; /* where its loose refs begin, and how many */
};

#define MAX_PARTS 4

struct reading {
	struct part parts[MAX_PARTS];
	size_t n_parts;
	struct gv_buf text; /* names of loose refs, then packed-refs */
	struct loose *loose;
	size_t n_loose, cap_loose;
	char *packed, *end; /* packed-refs in the text */
	struct gv_refs refs;
	size_t cap_refs;
};

static bool
is_plain(const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (!((name[i] >= '0' && name[i] <= '9') ||
			(name[i] >= 'A' && name[i] <= 'Z') ||
			(name[i] >= 'a' && name[i] <= 'z') || name[i] == '-'))
			return false;
	return len > 0;
}

static bool
is_lock(const struct gv_dir_name *name)
{
	return name->len > 5 &&
	    memcmp(name->name + name->len - 5, ".lock", 5) == 0;
}

/* 1, or 0 for git; a file that went meanwhile is in packed-refs, or gone. */
static int
read_loose(struct reading *rd, int dirfd, const char *path, const char *name)
{
	struct part *part = &rd->parts[rd->n_parts - 1];
	struct gv_buf text = GV_BUF_INIT;
	struct loose l = { .at = rd->text.len };
	int r = gv_file_read(&text, dirfd, path, MAX_LOOSE);

	if (r == 0 &&
	    (text.len != GV_OID_HEX + 1 || text.p[GV_OID_HEX] != '\n' ||
		gv_oid_parse(&l.oid, text.p) < 0))
		r = GV_ECORRUPT;
	gv_buf_release(&text);
	if (r < 0)
		return r == GV_ENOTFOUND ? 1 : r == GV_ENOMEM ? r : 0;
	r = gv_vec_grow((void **)&rd->loose, &rd->cap_loose, rd->n_loose + 1,
	    sizeof(*rd->loose));
	if (r < 0)
		return r;
	rd->loose[rd->n_loose++] = l;
	part->n_loose++;
	gv_buf_add(&rd->text, part->pattern, part->len);
	gv_buf_addstr(&rd->text, name);
	gv_buf_addch(&rd->text, '\0');
	return 1;
}

static int
read_name(struct reading *rd, int fd, const struct gv_dir_name *name)
{
	if (name->type == DT_REG && is_lock(name))
		return 1;
	if (name->type != DT_REG || !is_plain(name->name, name->len))
		return 0;
	return read_loose(rd, fd, name->name, name->name);
}

static int
read_dir(struct reading *rd, const char *path)
{
	struct gv_dir_names names = { 0 };
	int fd = gv_dir_open_root(path), r;
	size_t i;

	if (fd < 0)
		return errno == ENOENT;
	r = gv_dir_list(&names, fd) == 0;
	for (i = 0; r > 0 && i < names.n; i++)
		r = read_name(rd, fd, &names.names[i]);
	gv_file_close(fd);
	gv_dir_names_release(&names);
	return r;
}

static int
read_single(struct reading *rd, const char *path)
{
	struct stat st;

	if (gv_entry_stat(AT_FDCWD, path, &st) < 0)
		return errno == ENOENT;
	return S_ISREG(st.st_mode) ? read_loose(rd, AT_FDCWD, path, "") : 0;
}

/* The loose refs of the next pattern, which comes behind the ones before. */
static int
read_part(struct reading *rd, const char *common_dir, const char *pattern)
{
	struct part *part = &rd->parts[rd->n_parts];
	struct gv_buf path = GV_BUF_INIT;
	int r;

	if (rd->n_parts == MAX_PARTS ||
	    strncmp(pattern, "refs/vault/", 11) != 0 ||
	    (rd->n_parts && strcmp(part[-1].pattern, pattern) >= 0))
		return 0;
	part->pattern = pattern;
	part->len = strlen(pattern);
	part->is_dir = pattern[part->len - 1] == '/';
	part->loose = rd->n_loose;
	part->n_loose = 0;
	rd->n_parts++;
	gv_buf_addf(&path, "%s/%s", common_dir, pattern);
	r = gv_buf_check(&path);
	if (r == 0)
		r = part->is_dir ? read_dir(rd, path.p)
				 : read_single(rd, path.p);
	gv_buf_release(&path);
	return r;
}

static int
add(struct reading *rd, const char *name, const struct gv_oid *oid)
{
	int r = gv_vec_grow((void **)&rd->refs.refs, &rd->cap_refs,
	    rd->refs.n + 1, sizeof(*rd->refs.refs));

	if (r < 0)
		return r;
	rd->refs.refs[rd->refs.n++] = (struct gv_ref){ name, *oid };
	return 1;
}

/* Add the loose refs of a part whose names come before `name` (NULL: all that
 * are left), and the one of that very name, which hides the packed one. */
static int
add_loose(struct reading *rd, struct part *part, const char *name, bool *hides)
{
	int c = -1, r = 1;

	for (; r > 0 && c < 0 && part->n_loose; part->loose++) {
		const struct loose *l = &rd->loose[part->loose];

		c = name ? strcmp(l->name, name) : -1;
		if (c > 0)
			break;
		r = add(rd, l->name, &l->oid);
		part->n_loose--;
	}
	*hides = c == 0;
	return r;
}

/* Where the line of the first ref of a part begins in packed-refs; NULL where
 * there is none. */
static char *
first_line(const struct reading *rd, const struct part *part)
{
	struct gv_buf sought = GV_BUF_INIT;
	char *at = NULL;

	gv_buf_addf(&sought, " %s%s", part->pattern, part->is_dir ? "" : "\n");
	if (gv_buf_check(&sought) == 0)
		at = memmem(rd->packed, (size_t)(rd->end - rd->packed),
		    sought.p, sought.len);
	gv_buf_release(&sought);
	/* a name has no blank, so this is the one behind an id */
	return at && at - rd->packed >= GV_OID_HEX ? at - GV_OID_HEX : NULL;
}

/* One line, ended at `nl`: 1, or 0 for git; *last where it is no more of the
 * part. */
static int
take_line(
    struct reading *rd, struct part *part, char *line, char *nl, bool *last)
{
	char *name = line + GV_OID_HEX + 1;
	struct gv_oid oid;
	bool hides;
	int r;

	*last = nl - line < GV_OID_HEX + 1 + (ptrdiff_t)part->len ||
	    memcmp(name, part->pattern, part->len) != 0 ||
	    (!part->is_dir && name[part->len] != '\n');
	if (*last)
		return 1;
	*nl = '\0';
	if (name[-1] != ' ' || gv_oid_parse(&oid, line) < 0 ||
	    (part->is_dir &&
		!is_plain(name + part->len, (size_t)(nl - name) - part->len)))
		return 0;
	r = add_loose(rd, part, name, &hides);
	return r > 0 && !hides ? add(rd, name, &oid) : r;
}

/* The packed refs of a part, which stand together, and the loose ones between
 * them. */
static int
merge(struct reading *rd, struct part *part)
{
	char *line = first_line(rd, part), *nl;
	bool last = false, hides;
	int r = 1;

	for (; r > 0 && !last && line && line < rd->end; line = nl + 1) {
		nl = memchr(line, '\n', (size_t)(rd->end - line));
		if (nl == NULL)
			return 0;
		if (*line != '^') /* what a tag points at */
			r = take_line(rd, part, line, nl, &last);
	}
	return r > 0 ? add_loose(rd, part, NULL, &hides) : r;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(
	    ((const struct loose *)a)->name, ((const struct loose *)b)->name);
}

static void
sort_loose(struct reading *rd)
{
	size_t i;

	for (i = 0; i < rd->n_loose; i++)
		rd->loose[i].name = rd->text.p + rd->loose[i].at;
	for (i = 0; i < rd->n_parts; i++)
		if (rd->parts[i].n_loose > 1)
			qsort(rd->loose + rd->parts[i].loose,
			    rd->parts[i].n_loose, sizeof(*rd->loose), by_name);
}

/* 1, or 0 where it is of a form that only git knows. */
static int
read_packed(struct reading *rd, const char *common_dir)
{
	struct gv_buf path = GV_BUF_INIT;
	size_t at = rd->text.len;
	int r;

	gv_buf_addf(&path, "%s/packed-refs", common_dir);
	r = gv_buf_check(&path) < 0 ? GV_ENOMEM : gv_buf_check(&rd->text);
	if (r == 0)
		r = gv_file_read(&rd->text, AT_FDCWD, path.p, MAX_PACKED);
	gv_buf_release(&path);
	/* once names point into it the text must not move any more */
	if (r == 0 || r == GV_ENOTFOUND)
		r = gv_buf_grow(&rd->text, 1);
	if (r < 0)
		return r == GV_ENOMEM ? r : 0;
	rd->packed = rd->text.p + at;
	rd->end = rd->text.p + rd->text.len;
	return rd->packed == rd->end ||
	    (strncmp(rd->packed, HEAD, strlen(HEAD)) == 0 &&
		memmem(rd->packed, strcspn(rd->packed, "\n"), " sorted", 7));
}

/* Whether a single ref has others below its name, so that its pattern means
 * them: git may not have both, but the names may be left from another time. */
static bool
has_below(const struct reading *rd, const struct part *part)
{
	struct part below = *part;
	struct gv_buf pattern = GV_BUF_INIT;
	bool has;

	if (part->is_dir)
		return false;
	gv_buf_addf(&pattern, "%s/", part->pattern);
	below.pattern = pattern.p;
	below.is_dir = true;
	has = gv_buf_check(&pattern) < 0 || first_line(rd, &below);
	gv_buf_release(&pattern);
	return has;
}

static int
read_all(
    struct reading *rd, const char *common_dir, const char *const *patterns)
{
	size_t i;
	int r = 1;

	for (i = 0; r > 0 && patterns[i]; i++)
		r = read_part(rd, common_dir, patterns[i]);
	if (r > 0)
		r = rd->n_parts ? read_packed(rd, common_dir) : 0;
	if (r > 0)
		sort_loose(rd);
	for (i = 0; r > 0 && i < rd->n_parts; i++)
		r = has_below(rd, &rd->parts[i]) ? 0 : merge(rd, &rd->parts[i]);
	return r;
}

int
gv_ref_read(struct gv_refs *out, const struct gv_repo *repo,
    const char *const *patterns)
{
	struct reading rd = { .text = GV_BUF_INIT };
	int r;

	if (repo->common_dir == NULL)
		return 0;
	r = read_all(&rd, repo->common_dir, patterns);
	free(rd.loose);
	if (r > 0) {
		rd.refs.text = gv_buf_take(&rd.text);
		r = rd.refs.text ? 1 : GV_ENOMEM;
	}
	if (r > 0) {
		*out = rd.refs;
		return 1;
	}
	gv_refs_release(&rd.refs);
	gv_buf_release(&rd.text);
	return r;
}
