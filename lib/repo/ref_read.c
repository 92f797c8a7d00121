#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "repo/ref_internal.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "sys/dir.h"
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

struct reading {
	const char *const
	    *names; /* single refs, which come before the others */
	const char *prefix;
	size_t prefix_len;
	struct gv_buf text; /* names of loose refs, then packed-refs */
	struct loose *loose;
	size_t n_loose, cap_loose;
	struct gv_refs refs;
	size_t cap_refs;
};

/* How many bytes of the name are plain: no other is, that which ends it. */
static size_t
plain_len(const char *name)
{
	const char *p = name;

	while ((*p >= '0' && *p <= '9') || (*p >= 'a' && *p <= 'z') ||
	    (*p >= 'A' && *p <= 'Z') || *p == '-')
		p++;
	return (size_t)(p - name);
}

static bool
is_lock(const struct gv_dir_name *name)
{
	return name->len > 5 &&
	    memcmp(name->name + name->len - 5, ".lock", 5) == 0;
}

/* The id in the file of a ref: 1; 0 for git; GV_ENOTFOUND; GV_ENOMEM. */
static int
read_id(struct gv_oid *out, int fd, const char *name)
{
	struct gv_buf text = GV_BUF_INIT;
	int r = gv_file_read(&text, fd, name, MAX_LOOSE);

	if (r == 0)
		r = text.len == GV_OID_HEX + 1 && text.p[GV_OID_HEX] == '\n' &&
		    gv_oid_parse(out, text.p) == 0;
	gv_buf_release(&text);
	return r == GV_ENOTFOUND || r == GV_ENOMEM ? r : r > 0;
}

static int
add_found(struct reading *rd, const struct loose *l)
{
	int r = GV_GROW(rd->loose, rd->n_loose, rd->cap_loose);

	if (r < 0)
		return r;
	rd->loose[rd->n_loose++] = *l;
	return 1;
}

/* 1, or 0 for git; a file that went meanwhile is in packed-refs, or gone. */
static int
read_loose(struct reading *rd, int fd, const struct gv_dir_name *name)
{
	struct loose l = { .at = rd->text.len };
	int r;

	if (name->type == DT_REG && is_lock(name))
		return 1;
	if (name->type != DT_REG || plain_len(name->name) != name->len)
		return 0;
	r = read_id(&l.oid, fd, name->name);
	if (r == GV_ENOTFOUND)
		return 1;
	if (r <= 0)
		return r;
	gv_buf_addstr(&rd->text, rd->prefix);
	gv_buf_add(&rd->text, name->name, name->len + 1);
	return add_found(rd, &l);
}

/* The single refs, found or not (then their id is zero). */
static int
read_names(struct reading *rd, const char *common_dir)
{
	int fd = gv_dir_open_root(common_dir), r = fd >= 0;
	size_t i;

	for (i = 0; r > 0 && rd->names[i]; i++) {
		struct loose l = { .at = rd->text.len };

		r = read_id(&l.oid, fd, rd->names[i]);
		gv_buf_add(&rd->text, rd->names[i], strlen(rd->names[i]) + 1);
		if (r > 0 || r == GV_ENOTFOUND)
			r = add_found(rd, &l);
	}
	gv_file_close(fd);
	return r;
}

static int
read_all_loose(struct reading *rd, const char *common_dir)
{
	struct gv_dir_names names = { 0 };
	struct gv_buf path = GV_BUF_INIT;
	size_t i;
	int fd, r;

	gv_buf_addf(&path, "%s/%s", common_dir, rd->prefix);
	r = gv_buf_check(&path);
	if (r < 0)
		goto out;
	fd = gv_dir_open_root(path.p);
	if (fd < 0) {
		/* below what is a ref itself there is nothing */
		r = errno == ENOENT || errno == ENOTDIR;
		goto out;
	}
	r = gv_dir_list(&names, fd) == 0;
	for (i = 0; r > 0 && i < names.n; i++)
		r = read_loose(rd, fd, &names.names[i]);
	gv_file_close(fd);
out:
	gv_dir_names_release(&names);
	gv_buf_release(&path);
	return r;
}

static void
add(struct reading *rd, const char *name, const struct gv_oid *oid)
{
	rd->refs.refs[rd->refs.n++] = (struct gv_ref){ name, *oid };
}

/* Add the loose refs whose names come before `name` (NULL: all that are
 * left), and the one of that very name, which hides the packed one: *hides. */
static void
add_loose(struct reading *rd, size_t *next, const char *name, bool *hides)
{
	int c = -1;

	for (; c < 0 && *next < rd->n_loose; ++*next) {
		const struct loose *l = &rd->loose[*next];

		c = name ? strcmp(l->name, name) : -1;
		if (c > 0)
			break;
		add(rd, l->name, &l->oid);
	}
	*hides = c == 0;
}

/* Where the line of the first vault ref begins in the `len` bytes of
 * packed-refs; NULL where there is none. */
static char *
first_line(const struct reading *rd, char *packed, size_t len)
{
	struct gv_buf sought = GV_BUF_INIT;
	char *at = NULL;

	gv_buf_addf(&sought, " %s", rd->prefix);
	if (gv_buf_check(&sought) == 0)
		at = memmem(packed, len, sought.p, sought.len);
	gv_buf_release(&sought);
	/* a name has no blank, so this is the one behind an id */
	return at && at - packed >= GV_OID_HEX ? at - GV_OID_HEX : NULL;
}

/* Room for as many refs as there can be. */
static int
make_room(struct reading *rd, size_t packed)
{
	return gv_vec_grow((void **)&rd->refs.refs, &rd->cap_refs,
	    rd->n_loose + packed / (GV_OID_HEX + 1 + rd->prefix_len) + 1,
	    sizeof(*rd->refs.refs));
}

/* The packed vault refs, which stand together, and the loose ones between
 * them. A newline ends the last. */
static int
merge(struct reading *rd, char *line, char *end)
{
	const size_t before = GV_OID_HEX + 1 + rd->prefix_len;
	size_t next = 0, len;
	struct gv_oid oid;
	bool hides = false;
	char *name;

	for (; line && line < end; line = name + len + 1) {
		if (*line == '^') { /* what a tag points at */
			name = line;
			len = (size_t)((char *)rawmemchr(line, '\n') - line);
			continue;
		}
		name = line + GV_OID_HEX + 1;
		if ((size_t)(end - line) < before ||
		    memcmp(name, rd->prefix, rd->prefix_len) != 0)
			break;
		len = plain_len(line + before);
		if (len == 0 || line[before + len] != '\n' || name[-1] != ' ' ||
		    gv_oid_parse(&oid, line) < 0)
			return 0;
		len += rd->prefix_len;
		name[len] = '\0';
		if (next < rd->n_loose)
			add_loose(rd, &next, name, &hides);
		if (!hides)
			add(rd, name, &oid);
		hides = false;
	}
	add_loose(rd, &next, NULL, &hides);
	return 1;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(
	    ((const struct loose *)a)->name, ((const struct loose *)b)->name);
}

/* Those of the single refs that are in packed-refs only, before the others: the
 * first ones still, in the order of their names. What is nowhere goes. */
static int
find_packed(struct reading *rd, const char *packed, size_t len)
{
	struct gv_buf sought = GV_BUF_INIT;
	const char *at;
	size_t i, n = 0;
	int r = 1;

	for (i = 0; r > 0 && i < rd->n_loose; i++) {
		struct loose *l = &rd->loose[i];

		if (gv_oid_is_zero(&l->oid)) {
			gv_buf_reset(&sought);
			gv_buf_addf(&sought, " %s\n", rd->text.p + l->at);
			if (gv_buf_check(&sought) < 0)
				r = GV_ENOMEM;
			at = r > 0 ? memmem(packed, len, sought.p, sought.len)
				   : NULL;
			if (at == NULL)
				continue;
			r = at - packed >= GV_OID_HEX &&
			    gv_oid_parse(&l->oid, at - GV_OID_HEX) == 0;
		}
		rd->loose[n++] = *l;
	}
	rd->n_loose = n;
	gv_buf_release(&sought);
	return r;
}

static void
sort_loose(struct reading *rd)
{
	size_t i;

	for (i = 0; i < rd->n_loose; i++)
		rd->loose[i].name = rd->text.p + rd->loose[i].at;
	if (rd->n_loose > 1)
		qsort(rd->loose, rd->n_loose, sizeof(*rd->loose), by_name);
}

static int
read_both(struct reading *rd, const char *common_dir)
{
	struct gv_buf path = GV_BUF_INIT;
	size_t at;
	char *packed, *line;
	int r = read_names(rd, common_dir);

	if (r > 0)
		r = read_all_loose(rd, common_dir);
	if (r <= 0)
		return r;
	at = rd->text.len;
	gv_buf_addf(&path, "%s/packed-refs", common_dir);
	r = gv_buf_check(&path) < 0 ? GV_ENOMEM : gv_buf_check(&rd->text);
	if (r == 0)
		r = gv_file_read(&rd->text, AT_FDCWD, path.p, MAX_PACKED);
	gv_buf_release(&path);
	if (r == GV_ENOTFOUND)
		r = 0;
	/* once names point into it the text must not move any more */
	if (r == 0)
		r = gv_buf_grow(&rd->text, 1);
	if (r < 0)
		return r == GV_ENOMEM ? r : 0;
	packed = rd->text.p + at;
	at = rd->text.len - at;
	if (at &&
	    (packed[at - 1] != '\n' ||
		strncmp(packed, HEAD, strlen(HEAD)) != 0 ||
		memmem(packed, strcspn(packed, "\n"), " sorted", 7) == NULL))
		return 0;
	line = first_line(rd, packed, at);
	r = find_packed(rd, packed, line ? (size_t)(line - packed) : at);
	if (r <= 0)
		return r;
	sort_loose(rd);
	r = make_room(rd, line ? (size_t)(packed + at - line) : 0);
	return r < 0 ? r : merge(rd, line, packed + at);
}

static bool
is_read(const char *prefix)
{
	static const char *const ours[] = { GV_REFS_VAULT, GV_REFS_REMOTES,
		GV_REFS_TRASH, (GV_REF_NOTES "/"), GV_REFS_REPLACE };
	size_t i;

	for (i = 0; i < sizeof(ours) / sizeof(*ours); i++)
		if (strncmp(prefix, ours[i], strlen(ours[i])) == 0)
			return prefix[strlen(prefix) - 1] == '/';
	return false;
}

int
gv_ref_read(struct gv_refs *out, const struct gv_repo *repo,
    const char *const *names, const char *prefix)
{
	struct reading rd = { .names = names,
		.prefix = prefix,
		.prefix_len = strlen(prefix),
		.text = GV_BUF_INIT };
	int r;

	if (!is_read(prefix) || repo->common_dir == NULL)
		return 0;
	r = read_both(&rd, repo->common_dir);
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
