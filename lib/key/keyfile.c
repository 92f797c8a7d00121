#include "key/keyfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "base/time.h"
#include "crypto/recipient.h"
#include "key/backend_wrapped.h"
#include "sys/clock.h"
#include "sys/dir.h"
#include "sys/entry.h"
#include "sys/env.h"
#include "sys/file.h"

int
gv_keyfile_default(struct gv_buf *out)
{
	return gv_env_config_file(out, GV_KEYFILE_NAME);
}

/* Which of the names are older or newer ones of `base`, with the path before
 * it.
 */
static void
add_others(struct gv_buf *out, const struct gv_dir_names *names,
    const char *path, size_t dir_len)
{
	const char *base = path + dir_len;
	size_t i, n = strlen(base), suffix = sizeof(GV_KEYFILE_OLD) - 1;

	for (i = 0; i < names->n; i++) {
		const char *name = names->names[i].name;

		if (strncmp(name, base, n) != 0 ||
		    (strncmp(name + n, GV_KEYFILE_OLD, suffix) != 0 &&
			strcmp(name + n, GV_KEYFILE_NEW) != 0))
			continue;
		gv_buf_add(out, path, dir_len);
		gv_buf_add(out, name, strlen(name) + 1);
	}
}

int
gv_keyfile_others(struct gv_buf *out, const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t dir_len = slash ? (size_t)(slash - path) + 1 : 0;
	struct gv_dir_names names = { 0 };
	char *dir = dir_len ? strndup(path, dir_len) : strdup(".");
	char *before;
	int fd;

	if (dir == NULL)
		return gv_err_nomem();
	before = gv_err_save();
	fd = gv_dir_open_root(dir);
	free(dir);
	if (fd >= 0 && gv_dir_list(&names, fd) == 0)
		add_others(out, &names, path, dir_len);
	gv_err_restore(before);
	gv_dir_names_release(&names);
	gv_file_close(fd);
	return gv_buf_check(out);
}

/* ---- reading ---- */

static int
read_file(struct gv_secret *out, bool *exposed, const char *path)
{
	struct stat st;
	ssize_t n = 0;
	int fd, r = gv_file_open(&fd, &st, AT_FDCWD, path);

	if (r < 0)
		return r;
	*exposed = (st.st_mode & 0077) != 0;
	if ((uintmax_t)st.st_size > GV_KEYFILE_MAX) {
		r = gv_err(GV_EREFUSED,
		    "%s is larger than %zu bytes, so it holds no identity",
		    path, GV_KEYFILE_MAX);
		goto out;
	}
	if ((r = gv_secret_grow(out, (size_t)st.st_size + 1)) < 0)
		goto out;
	n = gv_file_read_full(fd, out->p + out->len, (size_t)st.st_size);
	if (n < 0) {
		r = gv_err_sys("cannot read %s", path);
		goto out;
	}
	out->len += (size_t)n;
out:
	gv_file_close(fd);
	return r;
}

int
gv_keyfile_bytes(struct gv_secret *out, bool *exposed, const char *path)
{
	*exposed = false;
	return strcmp(path, "-") == 0 ? gv_keyfile_input(out)
				      : read_file(out, exposed, path);
}

static int
unwrap(struct gv_secret *text, const struct gv_keyfile_with *with)
{
	struct gv_secret file = GV_SECRET_INIT;
	int r = with->services
	    ? gv_keyfile_unwrap(&file, text)
	    : gv_err(GV_ENOKEY,
		  "a service has wrapped it, which is not to be asked");

	gv_secret_release(text);
	*text = file;
	return r;
}

int
gv_keyfile_read(struct gv_identity_list *out, struct gv_keyfile_look *look,
    const char *path, const struct gv_keyfile_with *with)
{
	static const struct gv_keyfile_with nothing = { .services = false };
	struct gv_secret text = GV_SECRET_INIT;
	int r = gv_keyfile_bytes(&text, &look->is_exposed, path);

	if (with == NULL)
		with = &nothing;
	look->is_wrapped = r == 0 && gv_backend_wrapped_is(text.p, text.len);
	if (r == 0) {
		if (look->is_wrapped)
			r = unwrap(&text, with);
		if (r == 0)
			r = gv_identity_list_read(out, (const char *)text.p,
			    text.len, with->ask, with->ctx);
		if (r < 0 && r != GV_ENOMEM)
			r = gv_err_in(r, "%s", path);
	}
	gv_secret_release(&text);
	return r;
}

/* ---- making ---- */

static int
add_text(struct gv_secret *out, const char *text)
{
	return gv_secret_add(out, text, strlen(text));
}

/* As age-keygen writes it. */
static int
compose(struct gv_secret *out, const struct gv_identity *id, int64_t now)
{
	struct gv_recipient to = GV_RECIPIENT_INIT;
	struct gv_buf head = GV_BUF_INIT;
	char time[GV_TIME_MAX];
	int r = gv_identity_recipient(&to, id);

	gv_time_rfc3339(time, now);
	gv_buf_addf(&head, "# created: %s\n# public key: ", time);
	if (r < 0 || (r = gv_recipient_format(&head, &to)) < 0)
		goto out;
	gv_buf_addch(&head, '\n');
	if ((r = gv_buf_check(&head)) < 0 || (r = add_text(out, head.p)) < 0 ||
	    (r = gv_identity_format(out, id)) < 0)
		goto out;
	r = add_text(out, "\n");
out:
	gv_recipient_release(&to);
	gv_buf_release(&head);
	return r;
}

static int
make_parent(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *dir;
	int r;

	if (slash == NULL || slash == path)
		return 0;
	dir = strndup(path, (size_t)(slash - path));
	if (dir == NULL)
		return gv_err_nomem();
	r = gv_file_mkdirs(AT_FDCWD, dir, 0700);
	free(dir);
	return r;
}

/* 0, or -1 with errno. */
static int
write_new(const char *path, const struct gv_secret *text)
{
	const struct gv_entry_meta meta = {
		.mode = 0600, .uid = (uid_t)-1, .gid = (gid_t)-1
	};
	struct gv_entry_file file;
	unsigned refused = 0;

	if (gv_entry_create(&file, AT_FDCWD, path, 0600) < 0)
		return -1;
	if (gv_entry_write(&file, text->p, text->len) == 0)
		return gv_entry_finish(&file, &meta, true, &refused);
	gv_entry_drop(&file);
	return -1;
}

/* Beside its place, so that half of it is never seen there, and only where
 * nothing is: an identity that another process just made is the only way to
 * what that one sealed. */
static int
put(const char *path, const struct gv_secret *text)
{
	struct gv_buf temp = GV_BUF_INIT;
	unsigned char salt[6];
	char hex[2 * sizeof(salt) + 1];
	int r = gv_clock_random(salt, sizeof(salt)), error;

	gv_enc_hex(hex, salt, sizeof(salt));
	gv_buf_addf(&temp, "%s.%s", path, hex);
	if (r < 0 || (r = gv_buf_check(&temp)) < 0)
		goto out;
	if (write_new(temp.p, text) < 0 ||
	    gv_file_rename_new(AT_FDCWD, temp.p, path) < 0) {
		error = errno;
		(void)gv_entry_unlink(AT_FDCWD, temp.p);
		errno = error;
		r = error == EEXIST
		    ? gv_err(GV_EEXISTS, "%s is there already", path)
		    : gv_err_sys("cannot write %s", path);
		if (r < 0)
			goto out;
	}
	r = gv_file_sync_parent(AT_FDCWD, path);
out:
	gv_buf_release(&temp);
	return r;
}

int
gv_keyfile_put(const char *path, const struct gv_secret *text)
{
	int r = make_parent(path);

	if (r == 0)
		r = put(path, text);
	return r == GV_ERROR || r == GV_ENOTFOUND
	    ? gv_err_in(GV_EREFUSED, "it cannot be stored there")
	    : r;
}

/* The text takes the place of what it wraps. */
static int
wrap(struct gv_secret *text, const struct gv_policy_vault *vault)
{
	struct gv_buf wrapped = GV_BUF_INIT;
	int r = gv_backend_wrapped_make(&wrapped, vault, text->p, text->len);

	if (r == 0) {
		gv_secret_reset(text);
		r = gv_secret_add(text, wrapped.p, wrapped.len);
	}
	gv_buf_release(&wrapped);
	return r;
}

int
gv_keyfile_write(const char *path, const struct gv_identity *id, int64_t now,
    const struct gv_policy_vault *vault)
{
	struct gv_secret text = GV_SECRET_INIT;
	int r;

	if ((r = compose(&text, id, now)) < 0)
		goto out;
	if (vault && (r = wrap(&text, vault)) < 0)
		goto out;
	r = gv_keyfile_put(path, &text);
out:
	gv_secret_release(&text);
	return r;
}

int
gv_keyfile_make(struct gv_identity *out, const char *path, int64_t now,
    const struct gv_policy_vault *vault)
{
	struct gv_identity id = GV_IDENTITY_INIT;
	int r = gv_identity_new(&id);

	if (r == 0 && (r = gv_keyfile_write(path, &id, now, vault)) == 0)
		*out = id;
	else
		gv_identity_release(&id);
	return r;
}
