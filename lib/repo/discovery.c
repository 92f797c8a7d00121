#include "repo/discovery.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "repo/discovery_internal.h"
#include "sys/file.h"
#include "sys/proc.h"

#define MAX_TEXT ((size_t)256 * 1024)
#define NAMES    16 /* of files: one for some of the circumstances each */

static int
path_of(struct gv_buf *out, const struct gv_discovery_place *place)
{
	gv_buf_addf(out, "%s/vault/discovery-%x", place->git_dir,
	    (unsigned)place->key.id[0] % NAMES);
	return gv_buf_check(out);
}

/* ---- recall ---- */

/* Read it, if nobody else can have written it. */
static bool
read_own(struct gv_buf *text, const char *path)
{
	struct stat st;
	int fd = -1;
	ssize_t n = -1;

	if (gv_file_open(&fd, &st, AT_FDCWD, path) < 0)
		return false;
	if (st.st_uid == geteuid() && (st.st_mode & 022) == 0 &&
	    st.st_nlink == 1 && (uint64_t)st.st_size <= MAX_TEXT &&
	    gv_buf_grow(text, (size_t)st.st_size) == 0)
		n = gv_file_read_full(fd, text->p, (size_t)st.st_size);
	gv_file_close(fd);
	if (n != st.st_size)
		return false;
	text->len = (size_t)n;
	return true;
}

/* Whether the answers are of this place: where the configuration leads
 * elsewhere, git is asked. */
static bool
is_of(const char *git_dir, const char *worktree,
    const struct gv_discovery_place *place)
{
	return strcmp(git_dir, place->git_dir) == 0 &&
	    (place->has_git_env || strcmp(worktree, place->worktree) == 0);
}

static int
take_config(struct gv_config *out, const struct gv_discovery_text *d)
{
	char *text = malloc(d->config_len + 1);
	int r;

	if (text == NULL)
		return GV_ENOMEM;
	memcpy(text, d->config, d->config_len);
	text[d->config_len] = '\0';
	r = gv_config_parse(out, text, d->config_len, true);
	out->is_cut = true;
	return r;
}

static char *
copy(bool *ok, const char *s)
{
	char *p = strdup(s);

	*ok = *ok && p;
	return p;
}

/* A file of git's own: its history ends early if there is anything in it. */
static bool
is_shallow(bool *ok, const char *common_dir)
{
	struct gv_buf path = GV_BUF_INIT;
	struct stat st;
	bool is;

	gv_buf_addf(&path, "%s/shallow", common_dir);
	*ok = *ok && gv_buf_check(&path) == 0;
	is = stat(path.p, &st) == 0 && st.st_size > 0;
	gv_buf_release(&path);
	return is;
}

/* Without Git's variables the answers hold in every folder of the place, but
 * for the prefix. */
static bool
fill(struct gv_discovery *out, const struct gv_discovery_text *d,
    const struct gv_discovery_place *place)
{
	bool ok = true;

	out->git_dir = copy(&ok, d->git_dir);
	out->common_dir = copy(&ok, d->common_dir);
	out->objects_dir = copy(&ok, d->objects_dir);
	out->index_file = copy(&ok, d->index_file);
	out->worktree = *d->worktree ? copy(&ok, d->worktree) : NULL;
	out->prefix = copy(&ok, place->has_git_env ? d->prefix : place->prefix);
	out->git_version = copy(&ok, d->git_version);
	out->shallow = is_shallow(&ok, d->common_dir);
	return ok && take_config(&out->config, d) == 0;
}

bool
gv_discovery_recall(struct gv_discovery *out)
{
	struct gv_discovery_place place;
	struct gv_discovery_text d;
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT;
	const char *stamps;
	size_t n;
	bool ok;

	if (!gv_discovery_find(&place))
		return false;
	ok = path_of(&path, &place) == 0 && read_own(&text, path.p) &&
	    gv_discovery_parse(&d, &stamps, &n, text.p, text.len, &place.key) &&
	    is_of(d.git_dir, d.worktree, &place) &&
	    gv_discovery_is_unchanged(stamps, n);
	if (ok && !fill(out, &d, &place)) {
		gv_discovery_release(out);
		ok = false;
	}
	gv_buf_release(&path);
	gv_buf_release(&text);
	gv_discovery_place_release(&place);
	return ok;
}

/* ---- remember ---- */

/* A name and a password in an address. */
static bool
has_userinfo(const char *s)
{
	const char *at = s ? strstr(s, "://") : NULL;

	return at && strchr(at, '@');
}

static void
add_entry(struct gv_buf *out, const struct gv_config_entry *e)
{
	static const char *const scopes[] = { "system", "global", "local",
		"worktree", "command" };

	gv_buf_addstr(out, scopes[e->scope]);
	gv_buf_addch(out, '\0');
	gv_buf_add(out, e->origin, strlen(e->origin) + 1);
	gv_buf_addstr(out, e->key);
	if (e->value)
		gv_buf_addf(out, "\n%s", e->value);
	gv_buf_addch(out, '\0');
}

/* The configuration without what may be a secret and stands elsewhere. False
 * where that cannot be told. */
static bool
cut(struct gv_buf *out, const struct gv_discovery *found)
{
	const struct gv_config *config = &found->config;
	size_t i;

	for (i = 0; i < config->n; i++) {
		const struct gv_config_entry *e = &config->entries[i];

		if (!gv_discovery_is_own(e, found)) {
			if (e->scope == GV_CONFIG_LOCAL ||
			    e->scope == GV_CONFIG_WORKTREE ||
			    has_userinfo(e->value))
				return false;
			if (!gv_config_is_read(e->key))
				continue;
			if (has_userinfo(e->key))
				return false;
		}
		add_entry(out, e);
	}
	return gv_buf_check(out) == 0;
}

/* A script in git's place may do anything. */
static bool
is_program(const char *path)
{
	char head[4];
	int fd = -1;
	struct stat st;
	bool is = gv_file_open(&fd, &st, AT_FDCWD, path) == 0 &&
	    gv_file_read_full(fd, head, sizeof(head)) == sizeof(head) &&
	    memcmp(head, "\177ELF", 4) == 0;

	gv_file_close(fd);
	return is;
}

static void
stamp(struct gv_discovery_stamps *s, const struct gv_discovery_place *place,
    const struct gv_discovery *found)
{
	struct gv_buf path = GV_BUF_INIT;

	gv_discovery_stamp(s, place->git);
	if (place->git_file)
		gv_discovery_stamp(s, place->git_file);
	gv_buf_addf(&path, "%s/commondir", found->git_dir);
	gv_discovery_stamp(s, path.p);
	gv_buf_reset(&path);
	gv_buf_addf(&path, "%s/refs", found->common_dir);
	gv_discovery_stamp_dir(s, path.p);
	gv_discovery_stamp_dir(s, found->objects_dir);
	s->is_doubtful = s->is_doubtful || path.failed;
	if (!s->is_doubtful)
		gv_discovery_stamp_config(s, found);
	gv_buf_release(&path);
}

static void
write_down(const struct gv_discovery_place *place, struct gv_discovery *found,
    struct timespec began)
{
	struct gv_discovery_stamps s = { .text = GV_BUF_INIT, .began = began };
	struct gv_discovery_text d = { .git_dir = found->git_dir,
		.common_dir = found->common_dir,
		.objects_dir = found->objects_dir,
		.index_file = found->index_file,
		.worktree = found->worktree ? found->worktree : "",
		.prefix = found->prefix };
	struct gv_buf text = GV_BUF_INIT, path = GV_BUF_INIT,
		      config = GV_BUF_INIT;

	if (!is_of(d.git_dir, d.worktree, place) || path_of(&path, place) < 0 ||
	    !cut(&config, found) || !is_program(place->git))
		goto out;
	stamp(&s, place, found);
	if (s.is_doubtful ||
	    (found->git_version == NULL &&
		gv_discovery_ask_version(&found->git_version) < 0))
		goto out;
	d.git_version = found->git_version;
	d.config = config.p;
	d.config_len = config.len;
	gv_discovery_format(&text, &place->key, &d, &s);
	if (gv_buf_check(&text) == 0 && text.len <= MAX_TEXT)
		gv_file_replace(
		    AT_FDCWD, path.p, text.p, text.len, 0600, false);
out:
	gv_buf_release(&s.text);
	gv_buf_release(&text);
	gv_buf_release(&path);
	gv_buf_release(&config);
}

static bool
has_folder(const struct gv_discovery *found)
{
	struct gv_buf path = GV_BUF_INIT;
	bool has;

	gv_buf_addf(&path, "%s/vault", found->git_dir);
	has = gv_buf_check(&path) == 0 && gv_file_is_dir(AT_FDCWD, path.p);
	gv_buf_release(&path);
	return has;
}

void
gv_discovery_remember(struct gv_discovery *found, struct timespec began)
{
	struct gv_discovery_place place;

	if (!has_folder(found) || !gv_discovery_find(&place))
		return;
	write_down(&place, found, began);
	gv_discovery_place_release(&place);
}

/* ---- both ---- */

int
gv_discovery_ask_version(char **out)
{
	static const char *const argv[] = { "git", "version", NULL };
	static const char before[] = "git version ";
	struct gv_proc p = GV_PROC_INIT;
	int r = gv_proc_run(&p, &(struct gv_proc_opts){ .argv = argv });

	p.out.p[strcspn(p.out.p, "\n")] = '\0';
	if (r < 0)
		goto out;
	if (strncmp(p.out.p, before, strlen(before)) != 0) {
		r = gv_err(
		    GV_ERROR, "cannot read git's version from '%s'", p.out.p);
		goto out;
	}
	*out = strdup(p.out.p + strlen(before));
	r = *out ? 0 : gv_err_nomem();
out:
	gv_proc_release(&p);
	return r;
}

void
gv_discovery_release(struct gv_discovery *d)
{
	free(d->git_dir);
	free(d->common_dir);
	free(d->objects_dir);
	free(d->index_file);
	free(d->worktree);
	free(d->prefix);
	free(d->git_version);
	gv_config_release(&d->config);
	memset(d, 0, sizeof(*d));
}
