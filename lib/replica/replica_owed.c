#include "replica/replica_owed.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/path.h"
#include "base/vec.h"
#include "replica/replica_memory.h"
#include "repo/repo.h"
#include "sys/entry.h"
#include "sys/file.h"
#include "sys/lock.h"

/*
 *	git-vault-purge 1
 *	command TEXT		as git quotes a path
 *	begun TEXT
 *	OID
 */
#define MAGIC     "git-vault-purge 1\n"
#define COMMAND   "command "
#define BEGUN     "begun "
#define NAME      "purge"
#define MAX       ((size_t)1 << 30)
#define LOCK_WAIT 10000 /* ms */

/* ---- rows ---- */

static int
compare(const void *a, const void *b)
{
	const struct gv_oid *x = a, *y = b;

	return memcmp(x->id, y->id, sizeof(x->id));
}

size_t
gv_replica_owed_sort(struct gv_oid *oids, size_t n)
{
	size_t i, k = 0;

	if (n == 0)
		return 0;
	qsort(oids, n, sizeof(*oids), compare);
	for (i = 0; i < n; i++)
		if (k == 0 || compare(&oids[k - 1], &oids[i]) != 0)
			oids[k++] = oids[i];
	return k;
}

bool
gv_replica_owed_has(
    const struct gv_oid *sorted, size_t n, const struct gv_oid *oid)
{
	return n && bsearch(oid, sorted, n, sizeof(*sorted), compare) != NULL;
}

void
gv_replica_owed_release(struct gv_replica_owed *owed)
{
	if (owed == NULL)
		return;
	free(owed->oids);
	gv_buf_release(&owed->commands);
	gv_buf_release(&owed->begun);
	memset(owed, 0, sizeof(*owed));
}

static int
add_oid(struct gv_replica_owed *owed, const struct gv_oid *oid)
{
	int r = GV_GROW(owed->oids, owed->n, owed->cap);

	if (r == 0)
		owed->oids[owed->n++] = *oid;
	return r;
}

/* ---- commands ---- */

static bool
has_line(const struct gv_buf *lines, const struct gv_buf *line)
{
	const char *p, *nl;

	for (p = lines->p; p && (nl = strchr(p, '\n')); p = nl + 1)
		if ((size_t)(nl + 1 - p) == line->len &&
		    memcmp(p, line->p, line->len) == 0)
			return true;
	return false;
}

/* The line of a command; a path in it may have a newline. */
static int
as_line(struct gv_buf *out, const char *command)
{
	gv_path_quote(out, command, strlen(command));
	gv_buf_addch(out, '\n');
	return gv_buf_check(out);
}

static int
add_line(struct gv_buf *lines, const struct gv_buf *line)
{
	if (!has_line(lines, line))
		gv_buf_add(lines, line->p, line->len);
	return gv_buf_check(lines);
}

static int
del_line(struct gv_buf *lines, const struct gv_buf *line)
{
	struct gv_buf left = GV_BUF_INIT;
	const char *p, *nl;

	for (p = lines->p; p && (nl = strchr(p, '\n')); p = nl + 1)
		if ((size_t)(nl + 1 - p) != line->len ||
		    memcmp(p, line->p, line->len) != 0)
			gv_buf_add(&left, p, (size_t)(nl + 1 - p));
	gv_buf_release(lines);
	*lines = left;
	return gv_buf_check(lines);
}

int
gv_replica_owed_commands(struct gv_buf *out, const struct gv_buf *lines)
{
	const char *p, *nl;
	size_t used;

	for (p = lines->p; p && (nl = strchr(p, '\n')); p = nl + 1) {
		gv_buf_addstr(out, p == lines->p ? "" : " && ");
		if (*p != '"' ||
		    gv_path_unquote(out, p, (size_t)(nl - p), &used) < 0)
			gv_buf_add(out, p, (size_t)(nl - p));
	}
	return gv_buf_check(out);
}

/* ---- the file ---- */

static bool
take_line(struct gv_buf *out, const char *word, const char *line, size_t len)
{
	const size_t n = strlen(word);

	if (len <= n || strncmp(line, word, n) != 0)
		return false;
	gv_buf_add(out, line + n, len - n);
	gv_buf_addch(out, '\n');
	return true;
}

static int
read_line(struct gv_replica_owed *out, const char *line, size_t len)
{
	struct gv_oid oid;

	if (take_line(&out->commands, COMMAND, line, len))
		return gv_buf_check(&out->commands);
	if (take_line(&out->begun, BEGUN, line, len))
		return gv_buf_check(&out->begun);
	if (len != GV_OID_HEX || gv_oid_parse(&oid, line) < 0)
		return GV_ECORRUPT;
	return add_oid(out, &oid);
}

static int
parse(struct gv_replica_owed *out, const struct gv_buf *text)
{
	const char *p, *nl;
	int r = 0;

	if (strncmp(text->p, MAGIC, strlen(MAGIC)) != 0)
		return GV_ECORRUPT;
	for (p = text->p + strlen(MAGIC); r == 0 && *p; p = nl + 1) {
		if ((nl = strchr(p, '\n')) == NULL)
			return GV_ECORRUPT;
		r = read_line(out, p, (size_t)(nl - p));
	}
	out->n = gv_replica_owed_sort(out->oids, out->n);
	return r;
}

static int
path_of(struct gv_buf *out, const char *dir, const char *suffix)
{
	gv_buf_addf(out, "%s/" NAME "%s", dir, suffix);
	return gv_buf_check(out);
}

int
gv_replica_owed_load(struct gv_replica_owed *out, const char *dir)
{
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT;
	int r;

	memset(out, 0, sizeof(*out));
	out->commands = out->begun = (struct gv_buf)GV_BUF_INIT;
	if ((r = path_of(&path, dir, "")) == 0 &&
	    (r = gv_file_read(&text, AT_FDCWD, path.p, MAX)) == 0)
		r = parse(out, &text);
	if (r == GV_ECORRUPT)
		r = gv_err(GV_ECORRUPT,
		    "%s is damaged, so it is not known what this target has "
		    "to lose: remove it, and purge again",
		    path.p);
	gv_buf_release(&path);
	gv_buf_release(&text);
	return r == GV_ENOTFOUND ? 0 : r;
}

static int
remove_file(const char *path, const char *dir)
{
	if (gv_entry_unlink(AT_FDCWD, path) < 0 && errno != ENOENT)
		return gv_err_sys("cannot remove %s", path);
	return gv_file_sync_dir(AT_FDCWD, dir) < 0
	    ? gv_err_sys("cannot flush %s", dir)
	    : 0;
}

static void
put_lines(struct gv_buf *out, const char *word, const struct gv_buf *lines)
{
	const char *p, *nl;

	for (p = lines->p; p && (nl = strchr(p, '\n')); p = nl + 1)
		gv_buf_addf(out, "%s%.*s\n", word, (int)(nl - p), p);
}

static int
save(const struct gv_replica_owed *owed, const char *dir)
{
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT;
	char hex[GV_OID_HEX + 1];
	size_t i;
	int r = path_of(&path, dir, "");

	if (r == 0 && owed->n == 0) {
		r = remove_file(path.p, dir);
		goto out;
	}
	gv_buf_addstr(&text, MAGIC);
	put_lines(&text, COMMAND, &owed->commands);
	put_lines(&text, BEGUN, &owed->begun);
	for (i = 0; i < owed->n; i++) {
		gv_oid_format(hex, &owed->oids[i]);
		gv_buf_addf(&text, "%s\n", hex);
	}
	if (r == 0 && (r = gv_buf_check(&text)) == 0)
		r = gv_file_replace(
		    AT_FDCWD, path.p, text.p, text.len, 0600, true);
out:
	gv_buf_release(&path);
	gv_buf_release(&text);
	return r;
}

/* Two purges at once, or a purge and one that ends. */
static int
lock(int *fd, const char *dir)
{
	struct gv_buf path = GV_BUF_INIT;
	int r = path_of(&path, dir, ".lock");

	if (r == 0 && gv_file_mkdirs(AT_FDCWD, dir, 0777) < 0)
		r = gv_err_sys("cannot make %s", dir);
	if (r == 0)
		r = gv_lock_open(fd, path.p, LOCK_WAIT);
	gv_buf_release(&path);
	return r;
}

/* Change what a target owes: these are added, and where the command is. */
static int
change(const struct gv_repo *repo, const char *target,
    const struct gv_oid *oids, size_t n, const char *command, bool is_done)
{
	struct gv_replica_owed owed = { .n = 0 };
	struct gv_buf dir = GV_BUF_INIT, line = GV_BUF_INIT;
	size_t i;
	int fd = -1, r = gv_replica_memory_dir(&dir, repo, target);

	if (r == 0 && (r = as_line(&line, command)) == 0 &&
	    (r = lock(&fd, dir.p)) == 0)
		r = gv_replica_owed_load(&owed, dir.p);
	if (r < 0 || (is_done && !has_line(&owed.begun, &line)))
		goto out;
	for (i = 0; r == 0 && i < n; i++)
		r = add_oid(&owed, &oids[i]);
	owed.n = gv_replica_owed_sort(owed.oids, owed.n);
	if (r == 0 && is_done && (r = del_line(&owed.begun, &line)) == 0)
		r = add_line(&owed.commands, &line);
	else if (r == 0)
		r = add_line(&owed.begun, &line);
	if (r == 0)
		r = save(&owed, dir.p);
out:
	gv_lock_close(fd);
	gv_replica_owed_release(&owed);
	gv_buf_release(&dir);
	gv_buf_release(&line);
	return r < 0 ? gv_err_in(r, "target %s", target) : 0;
}

int
gv_replica_owed_add(const struct gv_repo *repo, const char *target,
    const struct gv_oid *oids, size_t n, const char *command)
{
	return change(repo, target, oids, n, command, false);
}

int
gv_replica_owed_done(
    const struct gv_repo *repo, const char *target, const char *command)
{
	struct gv_replica_owed owed = { .n = 0 };
	struct gv_buf dir = GV_BUF_INIT;
	int r = gv_replica_memory_dir(&dir, repo, target);

	if (r == 0 && (r = gv_replica_owed_load(&owed, dir.p)) == 0 &&
	    owed.begun.len)
		r = change(repo, target, NULL, 0, command, true);
	gv_replica_owed_release(&owed);
	gv_buf_release(&dir);
	return r;
}

int
gv_replica_owed_count(
    size_t *out, const struct gv_repo *repo, const char *target)
{
	struct gv_replica_owed owed = { .n = 0 };
	struct gv_buf dir = GV_BUF_INIT;
	int r = gv_replica_memory_dir(&dir, repo, target);

	if (r == 0)
		r = gv_replica_owed_load(&owed, dir.p);
	*out = r == 0 ? owed.n : 0;
	gv_replica_owed_release(&owed);
	gv_buf_release(&dir);
	return r;
}

int
gv_replica_owed_settle(const char *dir, const struct gv_oid *done, size_t n)
{
	struct gv_replica_owed owed = { .n = 0 };
	size_t i, k = 0;
	int fd = -1, r = lock(&fd, dir);

	if (r == 0 && (r = gv_replica_owed_load(&owed, dir)) == 0) {
		for (i = 0; i < owed.n; i++)
			if (!gv_replica_owed_has(done, n, &owed.oids[i]))
				owed.oids[k++] = owed.oids[i];
		owed.n = k;
		r = save(&owed, dir);
	}
	gv_lock_close(fd);
	gv_replica_owed_release(&owed);
	return r;
}
