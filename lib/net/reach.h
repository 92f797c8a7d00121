#ifndef GV_REACH_H
#define GV_REACH_H
/*
 * Whether something listens, and whether its certificate is one to trust: for
 * checks of health. Nothing is sent but what TLS needs.
 *
 *	r = gv_reach(&found, "db.example.org:5432", &opts);
 */

#include <stdbool.h>
#include <stdint.h>

struct gv_reach_opts {
	bool is_tls;
	const char *ca; /* file of certificates to trust; NULL: the system's */
	int within_ms;
};

struct gv_reached {
	int64_t expires; /* when the certificate does; 0: not known */
};

/* Connect to HOST:PORT. 0; GV_ERROR with the reason where it does not answer,
 * or its certificate is not to be trusted; GV_EREFUSED where that is no
 * address, or there is no libcurl; GV_ECANCELED; GV_ENOMEM. */
int gv_reach(struct gv_reached *out, const char *address,
    const struct gv_reach_opts *opts);

/* The point in time in what libcurl says of a certificate, in the words of
 * OpenSSL or of GnuTLS. 0 for any other text. Pure. */
int64_t gv_reach_time(const char *text);

#endif
