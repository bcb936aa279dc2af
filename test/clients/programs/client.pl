# Prints the status of a login, a guarded request, a logout and a guarded request.
use strict;
use warnings;
use HTTP::Request;
use LWP::UserAgent;

my $agent = LWP::UserAgent->new(
    cookie_jar => {},
    ssl_opts   => { verify_hostname => 0, SSL_verify_mode => 0 },
);

for ( [ POST => '/login' ], [ GET => '/me' ], [ POST => '/logout' ], [ GET => '/me' ] ) {
    my ( $method, $path ) = @$_;
    print $agent->request( HTTP::Request->new( $method, $ARGV[0] . $path ) )->code, "\n";
}
