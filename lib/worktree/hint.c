#include "worktree/hint.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "sys/entry.h"
#include "sys/env.h"
#include "sys/file.h"
#include "sys/local.h"

uint64_t
gv_hint_mounts(void)
{
#ifdef GV_LINUX
	struct stat st;

	return stat("/proc/self/ns/mnt", &st) == 0 ? (uint64_t)st.st_ino : 0;
#else
	return 0;
#endif
}

/* The names are those of folders and files in the tree, each ended. */
static bool
are_names(const struct gv_buf *names)
{
	return names->len == 0 || names->p[names->len - 1] == '\0';
}

static int
read_answer(struct gv_hint *out, int fd)
{
	struct gv_hint_answer answer;

	if (gv_file_read_full(fd, &answer, sizeof(answer)) !=
		(ssize_t)sizeof(answer) ||
	    memcmp(answer.magic, GV_HINT_MAGIC, sizeof(answer.magic)) != 0 ||
	    answer.len > GV_HINT_NAMES)
		return GV_ENOTFOUND;
	if (answer.len && gv_buf_grow(&out->names, (size_t)answer.len) < 0)
		return GV_ENOMEM;
	if (answer.len &&
	    gv_file_read_full(fd, out->names.p, (size_t)answer.len) !=
		(ssize_t)answer.len)
		return GV_ENOTFOUND;
	out->names.len = (size_t)answer.len;
	if (!are_names(&out->names))
		return GV_ENOTFOUND;
	out->now = answer.now;
	out->is = answer.is == 1;
	return 0;
}

/* 0; GV_ENOTFOUND, GV_ENOMEM. */
static int
join(int *fd)
{
	struct gv_buf path = GV_BUF_INIT;
	int r = gv_env_config_file(&path, GV_HINT_SOCKET);

	if (r == 0 && (r = gv_buf_check(&path)) == 0)
		r = gv_local_join(fd, path.p, GV_HINT_WAIT_MS);
	gv_buf_release(&path);
	return r;
}

int
gv_hint_ask(struct gv_hint *out, int root, const struct gv_moment *since)
{
	struct gv_hint_question ask = { .mounts = gv_hint_mounts() };
	struct stat st;
	bool is_joined;
	int fd = -1, r;

	*out = (struct gv_hint)GV_HINT_INIT;
	if (ask.mounts == 0 || fstat(root, &st) < 0)
		return 0;
	memcpy(ask.magic, GV_HINT_MAGIC, sizeof(ask.magic));
	ask.dev = (uint64_t)st.st_dev;
	ask.ino = (uint64_t)st.st_ino;
	if (since)
		ask.since = *since;
	is_joined = (r = join(&fd)) == 0;
	if (is_joined && (r = gv_local_send(fd, &ask, sizeof(ask))) == 0)
		r = read_answer(out, fd);
	gv_file_close(fd);
	if (r < 0)
		gv_hint_release(out);
	out->is_silent = is_joined && r < 0;
	return r == GV_ENOMEM ? r : 0;
}

void
gv_hint_release(struct gv_hint *hint)
{
	gv_buf_release(&hint->names);
	*hint = (struct gv_hint)GV_HINT_INIT;
}

void
gv_hint_ask_still(struct gv_moment *now, unsigned char *still,
    const struct gv_hint_tree *trees, size_t n)
{
	struct gv_hint_still ask = { .mounts = gv_hint_mounts(),
		.n = n < GV_HINT_TREES ? n : GV_HINT_TREES };
	const size_t most = (size_t)ask.n;
	int fd = -1;
	size_t i;

	memcpy(ask.magic, GV_HINT_STILL, sizeof(ask.magic));
	if (ask.mounts == 0 || join(&fd) < 0 ||
	    gv_local_send(fd, &ask, sizeof(ask)) < 0 ||
	    gv_local_send(fd, trees, most * sizeof(*trees)) < 0 ||
	    gv_file_read_full(fd, now, sizeof(*now)) != (ssize_t)sizeof(*now) ||
	    gv_file_read_full(fd, still, most) != (ssize_t)most) {
		memset(now, 0, sizeof(*now));
		memset(still, 0, n);
	}
	for (i = 0; i < n; i++)
		still[i] = i < most && still[i] == 1;
	gv_file_close(fd);
}
