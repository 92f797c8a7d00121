#include "watch/watch_unit.h"

#include <fcntl.h>
#include <string.h>

#include "base/err.h"
#include "base/systemd.h"
#include "sys/env.h"
#include "sys/file.h"
#include "sys/proc.h"

#define UNIT "git-vault-watch.service"
/* Its manager may be at work for others, but not for ever. */
#define TIMEOUT_MS 30000

/* ---- text ---------------------------------------------------------------- */

/* What to do without a service. */
static int
no_service(int r)
{
	return r == GV_EREFUSED
	    ? gv_err(r, "%s; to watch without it: git vault watch run",
		  gv_err_message())
	    : r;
}

int
gv_watch_unit_text(
    struct gv_buf *out, const char *program, const char *config, bool polls)
{
	int r;

	gv_buf_addstr(out,
	    "[Unit]\n"
	    "Description=Automatic saves of registered projects\n"
	    "Documentation=man:git-vault-watch(1)\n\n"
	    "[Service]\n");
	if (config &&
	    (r = gv_systemd_variable(out, "XDG_CONFIG_HOME", config)) < 0)
		return no_service(r);
	gv_buf_addstr(out, "ExecStart=");
	if ((r = gv_systemd_word(out, program)) < 0)
		return no_service(r);
	gv_buf_addf(out,
	    " watch run%s\n"
	    "Restart=on-failure\n"
	    "RestartSec=60\n"
	    "LimitCORE=0\n\n"
	    "[Install]\n"
	    "WantedBy=default.target\n",
	    polls ? " --poll" : "");
	return gv_buf_check(out);
}

/* ---- systemd ------------------------------------------------------------- */

/* Its exit status; negative where it could not run. */
static int
systemctl(struct gv_proc *p, const char *a, const char *b, const char *c)
{
	const char *const argv[] = { "systemctl", "--user", a, b, c, NULL };
	int r = gv_proc_run(p,
	    &(struct gv_proc_opts){
		.argv = argv, .timeout_ms = TIMEOUT_MS, .most = 1 << 20 });

	return r < 0 ? r : p->status;
}

static bool
ask(const char *a, const char *b, const char *c)
{
	struct gv_proc p = GV_PROC_INIT;
	const int r = systemctl(&p, a, b, c);

	gv_proc_release(&p);
	return r == 0;
}

static int
demand(const char *a, const char *b, const char *c)
{
	struct gv_proc p = GV_PROC_INIT;
	int r = systemctl(&p, a, b, c);

	if (r > 0)
		r = gv_err(GV_ERROR,
		    "systemctl --user %s failed: %s\nhint: git vault watch run",
		    a, gv_proc_why(&p));
	gv_proc_release(&p);
	return r;
}

static int
find_file(struct gv_buf *out)
{
	int r = gv_env_config_file(out, "systemd/user");

	if (r < 0)
		return r;
	if ((r = gv_buf_check(out)) == 0)
		r = gv_file_mkdirs(AT_FDCWD, out->p, 0777);
	gv_buf_addstr(out, "/" UNIT);
	return r < 0 ? r : gv_buf_check(out);
}

int
gv_watch_unit_enable(struct gv_buf *path, const char *program, bool polls)
{
	struct gv_buf text = GV_BUF_INIT;
	int r;

	if (!ask("show-environment", NULL, NULL))
		return 0;
	if ((r = gv_watch_unit_text(
		 &text, program, gv_env_get("XDG_CONFIG_HOME"), polls)) == 0 &&
	    (r = find_file(path)) == 0 &&
	    (r = gv_file_replace(
		 AT_FDCWD, path->p, text.p, text.len, 0644, false)) == 0 &&
	    (r = demand("daemon-reload", NULL, NULL)) == 0)
		r = demand("enable", "--now", UNIT);
	gv_buf_release(&text);
	return r < 0 ? r : 1;
}

int
gv_watch_unit_remove(void)
{
	struct gv_buf path = GV_BUF_INIT;
	int r = gv_env_config_file(&path, "systemd/user/" UNIT);

	/* without a home there is no service either */
	if (r < 0 || (r = gv_buf_check(&path)) < 0 ||
	    !gv_file_exists(AT_FDCWD, path.p))
		goto out;
	/* without systemd there is nothing to stop */
	(void)ask("disable", "--now", UNIT);
	if ((r = gv_file_remove_tree(AT_FDCWD, path.p)) == 0) {
		(void)ask("daemon-reload", NULL, NULL);
		r = 1;
	}
out:
	gv_buf_release(&path);
	return r == GV_ENOTFOUND ? 0 : r;
}
