#include "restore/restore_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/path.h"
#include "sys/file.h"

/*
 * The journal, one line a step, the path last and quoted as Git does it:
 *
 *	git-vault restore 1
 *	<crc> root <path>
 *	<crc> staging <path>
 *	<crc> restore <snapshot> <safety snapshot or -> <index: 1 or 0>
 *	<crc> open <path>
 *	<crc> unlink <old> <path>
 *	<crc> rmdir <path>
 *	<crc> mkdir <path>
 *	<crc> move <number> <old> <path>
 *	<crc> meta <mode> <uid> <gid> <time or -> <xattrs or -> <path>
 *	<crc> touch <old> <mode> <uid> <gid> <time or -> <xattrs or -> <path>
 *	<crc> end <number of steps>
 *
 * <old> is "-" where nothing stood at the path, or inode:size:mtime:ctime of
 * what did. Attributes with a '=' before them are all there shall be. <crc> is
 * the CRC-32 of the rest of the line.
 */
static const char journal_name[] = "journal";

uint32_t
gv_restore_crc32(const char *p, size_t len)
{
	uint32_t crc = 0xffffffffu;
	int bit;

	for (; len > 0; len--, p++) {
		crc ^= (unsigned char)*p;
		for (bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (0xedb88320u & (0u - (crc & 1u)));
	}
	return ~crc;
}

void
gv_restore_old_of(struct gv_restore_old *out, const struct stat *st)
{
	memset(out, 0, sizeof(*out));
	out->there = true;
	out->is_dir = S_ISDIR(st->st_mode);
	out->id.dev = (uint64_t)st->st_dev;
	out->id.ino = (uint64_t)st->st_ino;
	out->size = (uint64_t)st->st_size;
	out->mtime_s = (int64_t)st->st_mtim.tv_sec;
	out->mtime_ns = (uint32_t)st->st_mtim.tv_nsec;
	out->is_shared = !out->is_dir && st->st_nlink > 1;
	/* of several names, replacing one changes the others' ctime */
	if (st->st_nlink > 1)
		return;
	out->ctime_s = (int64_t)st->st_ctim.tv_sec;
	out->ctime_ns = (uint32_t)st->st_ctim.tv_nsec;
}

/* A line is written behind room for its checksum, which end_line() fills. */
static size_t
begin_line(struct gv_restore_journal *j)
{
	size_t at = j->text.len;

	gv_buf_addstr(&j->text, "00000000 ");
	return at;
}

static void
end_line(struct gv_restore_journal *j, size_t at)
{
	char crc[9];

	if (j->text.failed)
		return;
	snprintf(crc, sizeof(crc), "%08x",
	    gv_restore_crc32(j->text.p + at + 9, j->text.len - at - 9));
	memcpy(j->text.p + at, crc, 8);
	gv_buf_addch(&j->text, '\n');
	j->n++;
}

static void
add_path(struct gv_restore_journal *j, const char *path, size_t len)
{
	gv_buf_addch(&j->text, ' ');
	gv_path_quote(&j->text, len ? path : ".", len ? len : 1);
}

static void
add_old(struct gv_restore_journal *j, const struct gv_restore_old *old)
{
	if (!old->there)
		gv_buf_addstr(&j->text, " -");
	else
		gv_buf_addf(&j->text, " %llu:%llu:%lld.%u:%lld.%u",
		    (unsigned long long)old->id.ino,
		    (unsigned long long)old->size, (long long)old->mtime_s,
		    old->mtime_ns, (long long)old->ctime_s, old->ctime_ns);
}

void
gv_restore_journal_begin(struct gv_restore_journal *j,
    const struct gv_restore_place *place, const char *snapshot,
    const char *safety, bool index)
{
	size_t at;

	gv_buf_addstr(&j->text, GV_RESTORE_MAGIC);
	at = begin_line(j);
	gv_buf_addstr(&j->text, "root");
	add_path(j, place->root, strlen(place->root));
	end_line(j, at);
	at = begin_line(j);
	gv_buf_addstr(&j->text, "staging");
	add_path(j, place->staging, strlen(place->staging));
	end_line(j, at);
	at = begin_line(j);
	gv_buf_addf(&j->text, "restore %s %s %d", snapshot,
	    *safety ? safety : "-", index);
	end_line(j, at);
	j->n = 0;
}

static void
add_step(struct gv_restore_journal *j, const char *verb, const char *path,
    size_t len)
{
	size_t at = begin_line(j);

	gv_buf_addstr(&j->text, verb);
	add_path(j, path, len);
	end_line(j, at);
}

void
gv_restore_step_open(struct gv_restore_journal *j, const char *path, size_t len)
{
	add_step(j, "open", path, len);
}

void
gv_restore_step_rmdir(
    struct gv_restore_journal *j, const char *path, size_t len)
{
	add_step(j, "rmdir", path, len);
}

void
gv_restore_step_mkdir(
    struct gv_restore_journal *j, const char *path, size_t len)
{
	add_step(j, "mkdir", path, len);
}

void
gv_restore_step_unlink(struct gv_restore_journal *j,
    const struct gv_restore_old *old, const char *path, size_t len)
{
	size_t at = begin_line(j);

	gv_buf_addstr(&j->text, "unlink");
	add_old(j, old);
	add_path(j, path, len);
	end_line(j, at);
}

void
gv_restore_step_move(struct gv_restore_journal *j, size_t number,
    const struct gv_restore_old *old, const char *path, size_t len)
{
	size_t at = begin_line(j);

	gv_buf_addf(&j->text, "move %zu", number);
	add_old(j, old);
	add_path(j, path, len);
	end_line(j, at);
}

static void
add_meta(struct gv_restore_journal *j, const struct gv_entry_meta *m,
    mode_t kind, const char *path, size_t len)
{
	gv_buf_addf(&j->text, " %o %lld %lld ", m->mode | kind,
	    m->uid == (uid_t)-1 ? -1LL : (long long)m->uid,
	    m->gid == (gid_t)-1 ? -1LL : (long long)m->gid);
	if (m->has_time)
		gv_buf_addf(
		    &j->text, "%lld.%09u", (long long)m->mtime_s, m->mtime_ns);
	else
		gv_buf_addch(&j->text, '-');
	gv_buf_addf(&j->text, " %s%s", m->exact ? "=" : "",
	    m->xattrs      ? m->xattrs
		: m->exact ? ""
			   : "-");
	add_path(j, path, len);
}

void
gv_restore_step_meta(struct gv_restore_journal *j,
    const struct gv_entry_meta *m, mode_t kind, const char *path, size_t len)
{
	size_t at = begin_line(j);

	gv_buf_addstr(&j->text, "meta");
	add_meta(j, m, kind, path, len);
	end_line(j, at);
}

void
gv_restore_step_touch(struct gv_restore_journal *j,
    const struct gv_restore_old *old, const struct gv_entry_meta *m,
    const char *path, size_t len)
{
	size_t at = begin_line(j);

	gv_buf_addstr(&j->text, "touch");
	add_old(j, old);
	add_meta(j, m, S_IFREG, path, len);
	end_line(j, at);
}

int
gv_restore_journal_commit(
    struct gv_restore_journal *j, const struct gv_restore_place *place)
{
	size_t at = begin_line(j);
	int r;

	gv_buf_addf(&j->text, "end %zu", j->n);
	end_line(j, at);
	if ((r = gv_buf_check(&j->text)) < 0)
		goto out;
	/* first what the steps rely on, then the word that they are taken */
	if (gv_entry_sync_all(place->staging_fd) < 0) {
		r = gv_err_sys("cannot flush %s", place->staging);
		goto out;
	}
	r = gv_file_replace(place->control_fd, journal_name, j->text.p,
	    j->text.len, 0600, true);
out:
	return r < 0 ? gv_err_in(r, "the restore's journal") : 0;
}
