#include "serve/serve.h"

#include <stddef.h>

#include "base/err.h"
#include "safe/safe.h"

/* Takes the place of serve_run.c in a build without libmicrohttpd. */
int
gv_serve_open(struct gv_serve **out, struct gv_repo *repo,
    const struct gv_safe_opts *safe, const struct gv_serve_opts *opts)
{
	(void)out;
	(void)repo;
	(void)safe;
	(void)opts;
	return gv_err(GV_EREFUSED,
	    "this git vault was built without libmicrohttpd, which serving "
	    "states needs; install it and rebuild git vault");
}

const char *
gv_serve_url(const struct gv_serve *serve)
{
	(void)serve;
	return "";
}

const struct gv_safe *
gv_serve_safe(const struct gv_serve *serve)
{
	(void)serve;
	return NULL;
}

int
gv_serve_run(struct gv_serve *serve)
{
	(void)serve;
	return 0;
}

void
gv_serve_close(struct gv_serve *serve)
{
	(void)serve;
}
