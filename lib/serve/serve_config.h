#ifndef GV_SERVE_CONFIG_H
#define GV_SERVE_CONFIG_H
/*
 * Answers from the configuration that is served, for routes of serve_page.h:
 * values, what Spring asks for, health.
 */

#include "serve/serve_page.h"
#include "serve/serve_world.h"

/* What a request for configuration says. */
struct gv_serve_ask {
	const struct gv_serve_route *route;
	const char *if_none_match; /* headers; NULL */
	const char *accept;
	bool reveals; /* the credential may see veiled values */
	bool is_raw;  /* a value as plain text */
	bool polls;   /* with `index` */
	uint64_t index;
	int64_t wait; /* ms */
	/* whether there is nobody to wait for any more */
	bool (*is_over)(void *ctx);
	void *ctx;
	/* of Spring: the world by which it was decided who may have which
	 * environment, and which is the answer's; NULL: the present one */
	struct gv_serve_world *world;
};

/* ---- serve_config.c ------------------------------------------------------ */

/* Answer with a configuration or a value of it. Waits, if it is asked to, until
 * the configuration is another one than that of the index. */
void gv_serve_config_answer(struct gv_serve_page *page,
    struct gv_serve_watch *watch, const struct gv_serve_ask *ask);

/* Say of which commit and how old an answer is. `config` may be NULL. */
void
gv_serve_config_stamp(struct gv_serve_page *page, struct gv_serve_watch *watch,
    const struct gv_serve_world *world, const struct gv_image_config *config);

/* ---- serve_spring.c ------------------------------------------------------ */

#define GV_SERVE_SPRING_V2 "application/vnd.spring-cloud.config-server.v2+json"

/* Answer as a Spring Cloud Config server does. */
void gv_serve_spring_answer(struct gv_serve_page *page,
    struct gv_serve_watch *watch, const struct gv_serve_ask *ask);

#endif
