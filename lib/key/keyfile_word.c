#include <fcntl.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/err_command.h"
#include "base/shell.h"
#include "key/keyfile.h"
#include "key/keyring.h"
#include "sys/env.h"
#include "sys/file.h"
#include "sys/proc.h"

#define MOST ((size_t)64 * 1024) /* largest file of keys, in bytes */

static bool
is_key(const char *text)
{
	return strncmp(text, "age1", 4) == 0 || strncmp(text, "ssh-", 4) == 0;
}

static int
read_first_line(struct gv_buf *out, const char *path)
{
	struct gv_buf text = GV_BUF_INIT;
	const char *p, *end;
	int r = gv_file_read(&text, AT_FDCWD, path, MOST);

	if (r == GV_ENOTFOUND)
		r = gv_err(r,
		    "'%s' is no recipient (age1… or ssh-ed25519 …), and no "
		    "file that holds one",
		    path);
	for (p = text.p; r == 0; p = end + 1) {
		end = p + strcspn(p, "\r\n");
		if (is_key(p)) {
			gv_buf_add(out, p, (size_t)(end - p));
			r = gv_buf_check(out);
			break;
		}
		if ((*p && *p != '#' && p != end) || *end == '\0')
			r = gv_err(GV_ECORRUPT,
			    "%s does not hold a recipient (age1… or "
			    "ssh-ed25519 …)",
			    path);
	}
	gv_buf_release(&text);
	return r;
}

int
gv_keyfile_key(struct gv_buf *out, const char *word)
{
	if (!is_key(word))
		return read_first_line(out, word);
	gv_buf_addstr(out, word);
	return gv_buf_check(out);
}

/* Make it a name; false where it cannot be one. */
static bool
settle_name(struct gv_buf *name)
{
	size_t i;

	for (i = 0; i < name->len; i++)
		if (!gv_keyring_is_name(&name->p[i], 1) &&
		    !strchr("._@+-", name->p[i]))
			name->p[i] = '-';
	if (name->len > GV_KEYRING_NAME_MAX)
		gv_buf_truncate(name, GV_KEYRING_NAME_MAX);
	return name->len && gv_keyring_is_name(name->p, name->len);
}

int
gv_keyfile_name(struct gv_buf *out)
{
	char user[GV_KEYRING_NAME_MAX], host[GV_KEYRING_NAME_MAX];

	gv_env_user(user, sizeof(user));
	gv_env_host(host, sizeof(host));
	gv_buf_addf(out, "%s@%s", user, host);
	if (gv_buf_check(out) < 0)
		return GV_ENOMEM;
	if (settle_name(out))
		return 0;
	gv_buf_reset(out);
	gv_buf_addstr(out, "owner");
	return gv_buf_check(out);
}

/* What a team knows its user by is the address of the commits. */
static bool
add_email(struct gv_buf *out)
{
	static const char *const argv[] = { "git", "config", "user.email",
		NULL };
	struct gv_proc p = GV_PROC_INIT;
	char *before = gv_err_save();
	bool is;

	is = gv_proc_run(&p, &(struct gv_proc_opts){ .argv = argv }) == 0 &&
	    p.status == 0;
	if (is)
		gv_buf_add(out, p.out.p, strcspn(p.out.p, "\n"));
	gv_proc_release(&p);
	gv_err_restore(before);
	return is && gv_buf_check(out) == 0 && settle_name(out);
}

int
gv_keyfile_add_command(struct gv_buf *out, const char *key, const char *signer)
{
	struct gv_buf name = GV_BUF_INIT;
	const size_t begin = out->len;
	int r = 0;

	if (!add_email(&name)) {
		gv_buf_reset(&name);
		r = gv_keyfile_name(&name);
	}
	if (r == 0) {
		gv_buf_addstr(out, "git vault key add");
		gv_shell_word(out, name.p);
		gv_shell_word(out, key);
	}
	if (r == 0 && signer && *signer) {
		gv_buf_addstr(out, " --signer");
		gv_shell_word(out, signer);
	}
	gv_buf_release(&name);
	if (r == 0 && (r = gv_buf_check(out)) == 0)
		gv_err_command_offer(out->p + begin);
	return r;
}
