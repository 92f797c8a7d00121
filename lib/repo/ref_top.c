#include <fcntl.h>
#include <string.h>

#include "base/err.h"
#include "repo/oid.h"
#include "repo/ref_internal.h"
#include "repo/repo.h"
#include "sys/dir.h"
#include "sys/file.h"

/*
 * git goes over all refs, 15 ms for ten thousand snapshots, where it is asked
 * for all, and until 2.42 cannot be told to leave some out. So it is asked for
 * what else stands below refs/, which packed-refs tells in a tenth of one.
 */
#define REFS       "refs/"
#define MAX_PACKED ((size_t)1 << 30)

/* Nobody has more folders of refs; beyond that, all refs are listed. */
#define MAX_TOPS (GV_REF_PATTERNS - 8)

struct tops {
	struct gv_buf text; /* each with a NUL behind it */
	size_t at[MAX_TOPS], n;
	bool has_more;
};

static bool
is_ours(const char *name, size_t len)
{
	return (len == 5 && memcmp(name, "vault", 5) == 0) ||
	    (len == 11 && memcmp(name, "vault-trash", 11) == 0) ||
	    (len == 12 && memcmp(name, "vault-remote", 12) == 0);
}

/* Add refs/NAME, unless it is ours or here already. */
static int
add(struct tops *t, const char *name, size_t len)
{
	const size_t head = strlen(REFS);
	const char *there;
	size_t i;

	if (is_ours(name, len))
		return 0;
	for (i = 0; i < t->n; i++) {
		there = t->text.p + t->at[i] + head;
		if (strncmp(there, name, len) == 0 && there[len] == '\0')
			return 0;
	}
	t->has_more = t->n == MAX_TOPS;
	if (t->has_more)
		return 0;
	t->at[t->n++] = t->text.len;
	gv_buf_addstr(&t->text, REFS);
	gv_buf_add(&t->text, name, len);
	gv_buf_addch(&t->text, '\0');
	return gv_buf_check(&t->text);
}

static int
add_files(struct tops *t, const char *dir)
{
	struct gv_dir_names names = { 0 };
	struct gv_buf path = GV_BUF_INIT;
	size_t i;
	int fd, r;

	gv_buf_addf(&path, "%s/" REFS, dir);
	r = gv_buf_check(&path);
	fd = r == 0 ? gv_dir_open_root(path.p) : -1;
	if (fd >= 0)
		r = gv_dir_list(&names, fd);
	for (i = 0; r == 0 && i < names.n; i++)
		r = add(t, names.names[i].name, names.names[i].len);
	gv_file_close(fd);
	gv_dir_names_release(&names);
	gv_buf_release(&path);
	return r;
}

/* Refs of one folder mostly stand together, ten thousand vault refs among them,
 * so each line is compared with the one before. */
static int
add_packed(struct tops *t, const char *p, size_t len)
{
	const char *end = p + len, *line, *name, *stop, *last = "";
	size_t last_len = 0, n;
	int r = 0;

	for (line = p; r == 0 && line < end && !t->has_more; line = stop + 1) {
		stop = memchr(line, '\n', (size_t)(end - line));
		if (stop == NULL)
			stop = end;
		name = line + GV_OID_HEX + 1 + strlen(REFS);
		if (*line == '#' || *line == '^' || stop <= name)
			continue;
		if (last_len && (size_t)(stop - name) > last_len &&
		    memcmp(name, last, last_len) == 0)
			continue;
		for (n = 0; name + n < stop && name[n] != '/'; n++)
			;
		r = add(t, name, n);
		last = name;
		last_len = name + n < stop ? n + 1 : 0; /* with its slash */
	}
	return r;
}

static int
add_all(struct tops *t, const struct gv_repo *repo)
{
	struct gv_buf path = GV_BUF_INIT;
	struct gv_file_map map = { 0 };
	int r = add_files(t, repo->common_dir);

	if (r == 0 && strcmp(repo->git_dir, repo->common_dir) != 0)
		r = add_files(t, repo->git_dir);
	gv_buf_addf(&path, "%s/packed-refs", repo->common_dir);
	if (r == 0 && (r = gv_buf_check(&path)) == 0 &&
	    (r = gv_file_map(&map, AT_FDCWD, path.p, MAX_PACKED)) == 0)
		r = add_packed(t, map.p, map.len);
	else if (r == GV_ENOTFOUND)
		r = 0;
	gv_file_unmap(&map);
	gv_buf_release(&path);
	return r;
}

int
gv_ref_list_start_beside(
    struct gv_proc *p, const struct gv_repo *repo, const char *const *ours)
{
	const char *patterns[GV_REF_PATTERNS + 1] = { NULL };
	struct tops t = { .text = GV_BUF_INIT };
	size_t i, n = 0;
	int r = add_all(&t, repo);

	/* without any git would list all, and there are none but ours */
	for (i = 0; i < t.n; i++)
		patterns[n++] = t.text.p + t.at[i];
	for (i = 0; ours[i]; i++)
		patterns[n++] = ours[i];
	if (t.has_more || n == 0)
		patterns[0] = n ? NULL : REFS "heads";
	if (r == 0)
		r = gv_ref_list_start(p, patterns);
	gv_buf_release(&t.text);
	return r;
}
