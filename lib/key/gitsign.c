#include "key/gitsign.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "repo/repo.h"
#include "sys/entry.h"
#include "sys/env.h"
#include "sys/file.h"
#include "sys/proc.h"
#include "vault/author.h"

/* What is to be signed, and how. */
struct signing {
	const struct gv_repo *repo;
	struct gv_buf program, key;
	const char *text;
	size_t len;
	struct gv_buf out; /* the signature */
};

/* ---- as git is set ------------------------------------------------------ */

static const char *
setting(const struct signing *s, const char *key)
{
	const char *value = gv_config_get(&s->repo->config, key);

	return value && *value ? value : NULL;
}

static int
set_program(struct signing *s, const char *value, const char *fallback)
{
	int r = gv_env_expand(&s->program, value ? value : fallback);

	return r < 0 ? r : gv_buf_check(&s->program);
}

static const char *
cwd(const struct signing *s)
{
	return s->repo->worktree ? s->repo->worktree : s->repo->git_dir;
}

/* As git does it, whose signature is the same on every system. */
static int
take(struct signing *s, const char *text, size_t len)
{
	size_t i;

	if (len > GV_GITSIGN_MAX)
		return gv_err(GV_EREFUSED,
		    "%s wrote a signature of %zu bytes, and the largest that "
		    "is taken has %zu",
		    s->program.p, len, GV_GITSIGN_MAX);
	for (i = 0; i < len; i++)
		if (text[i] != '\r' || i + 1 == len || text[i + 1] != '\n')
			gv_buf_addch(&s->out, text[i]);
	return gv_buf_check(&s->out);
}

static int
no_signature(const struct signing *s, struct gv_proc *p)
{
	return gv_err(GV_EREFUSED,
	    "%s did not sign the record: %s; git's settings gpg.format, "
	    "user.signingKey and gpg.program choose the program and the key "
	    "that sign tags",
	    s->program.p, gv_proc_why(p));
}

/* ---- OpenPGP and X.509 -------------------------------------------------- */

/* Whether a line of the status begins with this word. */
static bool
has_status(const char *text, const char *word)
{
	size_t len = strlen(word);
	const char *p = text;

	for (; p; p = strchr(p, '\n')) {
		p += *p == '\n';
		if (strncmp(p, word, len) == 0)
			return true;
	}
	return false;
}

/* What gpg says besides its status, for people. */
static void
drop_status(struct gv_buf *text)
{
	struct gv_buf rest = GV_BUF_INIT;
	char *p = text->p, *nl;

	for (; p && *p; p = nl) {
		nl = strchr(p, '\n');
		nl = nl ? nl + 1 : p + strlen(p);
		if (strncmp(p, "[GNUPG:] ", 9) != 0)
			gv_buf_add(&rest, p, (size_t)(nl - p));
	}
	gv_buf_release(text);
	*text = rest;
}

static int
sign_gpg(struct signing *s)
{
	const char *argv[] = { s->program.p, "--status-fd=2", "-bsau", s->key.p,
		NULL };
	struct gv_proc p = GV_PROC_INIT;
	int r = gv_proc_run(&p,
	    &(struct gv_proc_opts){
		.argv = argv, .cwd = cwd(s), .in = s->text, .in_len = s->len });

	if (r < 0)
		goto out;
	if (gv_buf_check(&p.err) == 0 &&
	    (p.status || !has_status(p.err.p, "[GNUPG:] SIG_CREATED "))) {
		drop_status(&p.err);
		if ((r = no_signature(s, &p)) < 0)
			goto out;
	}
	r = take(s, p.out.p, p.out.len);
out:
	gv_proc_release(&p);
	return r;
}

/* Without a key git takes the one of the user's name. */
static void
set_gpg_key(struct signing *s)
{
	if (s->key.len == 0)
		gv_author_add_name(&s->key, s->repo);
}

/* ---- ssh ---------------------------------------------------------------- */

/* Git's own words: a key itself, and not the name of a file. */
static const char *
literal_key(const char *key)
{
	if (strncmp(key, "key::", 5) == 0)
		return key + 5;
	return strncmp(key, "ssh-", 4) == 0 ? key : NULL;
}

/* What the command of gpg.ssh.defaultKeyCommand names. */
static int
ask_for_key(struct signing *s)
{
	const char *command = setting(s, "gpg.ssh.defaultkeycommand");
	const char *argv[] = { "sh", "-c", command, NULL };
	struct gv_proc p = GV_PROC_INIT;
	int r;

	if (command == NULL)
		return gv_err(GV_EREFUSED,
		    "the record cannot be signed: by ssh only a key that is "
		    "named signs; name one by 'git config user.signingKey', or "
		    "by --sign=FILE");
	r = gv_proc_run(
	    &p, &(struct gv_proc_opts){ .argv = argv, .cwd = cwd(s) });
	if (r < 0)
		goto out;
	if (p.status || p.out.len == 0 || literal_key(p.out.p) == NULL) {
		r = gv_err(GV_EREFUSED,
		    "the record cannot be signed: gpg.ssh.defaultKeyCommand "
		    "(%s) named no key",
		    command);
		goto out;
	}
	gv_buf_add(&s->key, p.out.p, strcspn(p.out.p, "\n"));
out:
	gv_proc_release(&p);
	return r < 0 ? r : gv_buf_check(&s->key);
}

/* PATH/NAME with these bytes. */
static int
write_file(struct gv_buf *path, const char *dir, const char *name,
    const struct signing *s)
{
	const char *key = literal_key(s->key.p);
	bool is_key = strcmp(name, "key") == 0;
	int r;

	gv_buf_addf(path, "%s/%s", dir, name);
	if ((r = gv_buf_check(path)) == 0)
		r = gv_file_replace(AT_FDCWD, path->p, is_key ? key : s->text,
		    is_key ? strlen(key) : s->len, 0600, false);
	return r;
}

/* It is given files as git gives it: programs that stand in for ssh-keygen know
 * no other way. A key that is given itself is the agent's to sign by. */
static int
run_keygen(struct signing *s, const char *dir)
{
	bool is_literal = literal_key(s->key.p) != NULL;
	struct gv_buf key = GV_BUF_INIT, text = GV_BUF_INIT, sig = GV_BUF_INIT;
	struct gv_buf made = GV_BUF_INIT;
	struct gv_proc p = GV_PROC_INIT;
	int r = is_literal ? write_file(&key, dir, "key", s)
			   : gv_env_expand(&key, s->key.p);

	if (r == 0)
		r = write_file(&text, dir, "text", s);
	gv_buf_addf(&sig, "%s/text.sig", dir);
	if (r == 0 && (r = gv_buf_check(&sig)) == 0) {
		const char *argv[] = { s->program.p, "-Y", "sign", "-n", "git",
			"-f", key.p, is_literal ? "-U" : text.p,
			is_literal ? text.p : NULL, NULL };

		r = gv_proc_run(
		    &p, &(struct gv_proc_opts){ .argv = argv, .cwd = cwd(s) });
	}
	if (r == 0 && p.status)
		r = no_signature(s, &p);
	if (r == 0 &&
	    (r = gv_file_read(&made, AT_FDCWD, sig.p, GV_GITSIGN_MAX)) == 0)
		r = take(s, made.p, made.len);
	gv_proc_release(&p);
	gv_buf_release(&key);
	gv_buf_release(&text);
	gv_buf_release(&sig);
	gv_buf_release(&made);
	return r;
}

static int
sign_ssh(struct signing *s)
{
	struct gv_buf prefix = GV_BUF_INIT, dir = GV_BUF_INIT;
	int fd = -1, r = s->key.len ? 0 : ask_for_key(s);

	gv_buf_addf(&prefix, "%s/sign-", s->repo->vault_dir);
	if (r == 0 && (r = gv_buf_check(&prefix)) == 0 &&
	    (r = gv_file_mkdirs(AT_FDCWD, s->repo->vault_dir, 0777)) == 0) {
		fd = gv_entry_temp_dir(&dir, AT_FDCWD, prefix.p);
		r = fd < 0 ? gv_err_sys("cannot make a temporary folder in %s",
				 s->repo->vault_dir)
			   : run_keygen(s, dir.p);
	}
	gv_file_close(fd);
	if (fd >= 0)
		gv_file_remove_tree(AT_FDCWD, dir.p);
	gv_buf_release(&prefix);
	gv_buf_release(&dir);
	return r;
}

/* ---- all of them -------------------------------------------------------- */

static int
sign(struct signing *s)
{
	const char *format = setting(s, "gpg.format");
	int r;

	if (format && strcmp(format, "ssh") == 0) {
		r = set_program(s, setting(s, "gpg.ssh.program"), "ssh-keygen");
		return r < 0 ? r : sign_ssh(s);
	}
	set_gpg_key(s);
	if (format && strcmp(format, "x509") == 0) {
		r = set_program(s, setting(s, "gpg.x509.program"), "gpgsm");
	} else if (format == NULL || strcmp(format, "openpgp") == 0) {
		const char *own = setting(s, "gpg.openpgp.program");

		r = set_program(
		    s, own ? own : setting(s, "gpg.program"), "gpg");
	} else {
		r = gv_err(GV_EREFUSED,
		    "the record cannot be signed: gpg.format is '%.50s', and "
		    "git knows openpgp, x509 and ssh",
		    format);
	}
	if (r < 0 || (r = gv_buf_check(&s->key)) < 0)
		return r;
	return sign_gpg(s);
}

int
gv_gitsign_add(struct gv_buf *tag, const struct gv_repo *repo, const char *key)
{
	struct signing s = { .repo = repo,
		.program = GV_BUF_INIT,
		.key = GV_BUF_INIT,
		.text = tag->p,
		.len = tag->len,
		.out = GV_BUF_INIT };
	size_t payload = tag->len;
	int r;

	if (key == NULL || *key == '\0')
		key = setting(&s, "user.signingkey");
	gv_buf_addstr(&s.key, key ? key : "");
	if ((r = gv_buf_check(&s.key)) == 0 && (r = sign(&s)) == 0) {
		gv_buf_add(tag, s.out.p, s.out.len);
		r = gv_buf_check(tag);
	}
	/* a program that writes anything else has made no record */
	if (r == 0)
		r = gv_gitsign_split(&payload, tag->p, tag->len);
	if (r == GV_ECORRUPT || (r == 0 && payload != s.len))
		r = gv_err(GV_EREFUSED,
		    "%s did not sign the record: its output is not a signature "
		    "that git knows",
		    s.program.p);
	if (r < 0)
		gv_buf_truncate(tag, s.len);
	gv_buf_release(&s.program);
	gv_buf_release(&s.key);
	gv_buf_release(&s.out);
	return r;
}
