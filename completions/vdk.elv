
use builtin;
use str;

set edit:completion:arg-completer[vdk] = {|@words|
    fn spaces {|n|
        builtin:repeat $n ' ' | str:join ''
    }
    fn cand {|text desc|
        edit:complex-candidate $text &display=$text' '(spaces (- 14 (wcswidth $text)))$desc
    }
    var command = 'vdk'
    for word $words[1..-1] {
        if (str:has-prefix $word '-') {
            break
        }
        set command = $command';'$word
    }
    var completions = [
        &'vdk'= {
            cand -v 'How much to tell on stderr; never a value or a token [default: INFO]'
            cand --verbosity 'How much to tell on stderr; never a value or a token [default: INFO]'
            cand -d 'The same as -v DEBUG'
            cand --dev 'The same as -v DEBUG'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
            cand secrets 'Set, get, list and delete secrets of a data job'
            cand properties 'Set, get, list and delete properties of a data job'
            cand login 'Log in to a Control Service'
            cand logout 'Forget the login, and revoke it where that can be done'
            cand access 'See and change who may do what with a team''s secrets and properties'
            cand set-default 'Save a default team or Control Service'
            cand reset-default 'Forget a saved default'
            cand info 'Tell the version of a Control Service and the Python versions it supports'
            cand local 'Look after the encrypted store on this machine (-u local)'
            cand version 'Tell the version'
            cand completion 'Print the completions of a shell'
            cand server 'Serve secrets and properties from this machine: the Control Service'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'vdk;secrets'= {
            cand -n 'The data job [default: the one whose config.ini is in the working directory]'
            cand --name 'The data job [default: the one whose config.ini is in the working directory]'
            cand -t 'Its team [default: [owner] team of that config.ini, then the saved default]'
            cand --team 'Its team [default: [owner] team of that config.ini, then the saved default]'
            cand -u 'The Control Service''s base URL, or local for the store on this machine'
            cand --rest-api-url 'The Control Service''s base URL, or local for the store on this machine'
            cand --set 'Set a secret; without VALUE a hidden prompt asks for it'
            cand --set-prompt 'Set a secret from a hidden prompt, or from a line of stdin without a terminal'
            cand --set-file 'Set a secret from a file, byte for byte; - is stdin'
            cand --set-json 'Set a secret to a JSON value: a number, boolean, null, array or object'
            cand --delete 'Delete keys: one or several'
            cand --overwrite-all 'Replace all secrets by the JSON object in FILE; - is stdin'
            cand --get 'Print a secret; may be repeated'
            cand -o 'How to print it [default: text]'
            cand --output 'How to print it [default: text]'
            cand --allow-insecure-http 'Send the login over plain http, where others can read it'
            cand --delete-all 'Delete all secrets of the job'
            cand -y 'Do not ask before --delete-all and --overwrite-all'
            cand --yes 'Do not ask before --delete-all and --overwrite-all'
            cand --dry-run 'Only tell which keys a write would add, change, keep and remove'
            cand --list 'List the keys'
            cand --get-all 'List keys and values'
            cand --show-secrets 'With --list: show the values as well'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand history 'Tell who wrote which secrets, and when'
            cand rollback 'Bring an older version of all secrets back'
        }
        &'vdk;secrets;history'= {
            cand -o 'How to print it'
            cand --output 'How to print it'
            cand -n 'The data job [default: the one whose config.ini is in the working directory]'
            cand --name 'The data job [default: the one whose config.ini is in the working directory]'
            cand -t 'Its team [default: [owner] team of that config.ini, then the saved default]'
            cand --team 'Its team [default: [owner] team of that config.ini, then the saved default]'
            cand -u 'The Control Service''s base URL, or local for the store on this machine'
            cand --rest-api-url 'The Control Service''s base URL, or local for the store on this machine'
            cand --allow-insecure-http 'Send the login over plain http, where others can read it'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'vdk;secrets;rollback'= {
            cand -o 'How to print what --dry-run tells'
            cand --output 'How to print what --dry-run tells'
            cand -n 'The data job [default: the one whose config.ini is in the working directory]'
            cand --name 'The data job [default: the one whose config.ini is in the working directory]'
            cand -t 'Its team [default: [owner] team of that config.ini, then the saved default]'
            cand --team 'Its team [default: [owner] team of that config.ini, then the saved default]'
            cand -u 'The Control Service''s base URL, or local for the store on this machine'
            cand --rest-api-url 'The Control Service''s base URL, or local for the store on this machine'
            cand -y 'Do not ask'
            cand --yes 'Do not ask'
            cand --dry-run 'Only tell which keys it would add, change, keep and remove'
            cand --allow-insecure-http 'Send the login over plain http, where others can read it'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'vdk;properties'= {
            cand -n 'The data job [default: the one whose config.ini is in the working directory]'
            cand --name 'The data job [default: the one whose config.ini is in the working directory]'
            cand -t 'Its team [default: [owner] team of that config.ini, then the saved default]'
            cand --team 'Its team [default: [owner] team of that config.ini, then the saved default]'
            cand -u 'The Control Service''s base URL, or local for the store on this machine'
            cand --rest-api-url 'The Control Service''s base URL, or local for the store on this machine'
            cand --set 'Set a property; without VALUE a hidden prompt asks for it'
            cand --set-prompt 'Set a property from a hidden prompt, or from a line of stdin without a terminal'
            cand --set-file 'Set a property from a file, byte for byte; - is stdin'
            cand --set-json 'Set a property to a JSON value: a number, boolean, null, array or object'
            cand --delete 'Delete keys: one or several'
            cand --overwrite-all 'Replace all properties by the JSON object in FILE; - is stdin'
            cand --get 'Print a property; may be repeated'
            cand -o 'How to print it [default: text]'
            cand --output 'How to print it [default: text]'
            cand --allow-insecure-http 'Send the login over plain http, where others can read it'
            cand --delete-all 'Delete all properties of the job'
            cand -y 'Do not ask before --delete-all and --overwrite-all'
            cand --yes 'Do not ask before --delete-all and --overwrite-all'
            cand --dry-run 'Only tell which keys a write would add, change, keep and remove'
            cand --list 'List keys and values'
            cand --get-all 'List keys and values'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand history 'Tell who wrote which properties, and when'
            cand rollback 'Bring an older version of all properties back'
        }
        &'vdk;properties;history'= {
            cand -o 'How to print it'
            cand --output 'How to print it'
            cand -n 'The data job [default: the one whose config.ini is in the working directory]'
            cand --name 'The data job [default: the one whose config.ini is in the working directory]'
            cand -t 'Its team [default: [owner] team of that config.ini, then the saved default]'
            cand --team 'Its team [default: [owner] team of that config.ini, then the saved default]'
            cand -u 'The Control Service''s base URL, or local for the store on this machine'
            cand --rest-api-url 'The Control Service''s base URL, or local for the store on this machine'
            cand --allow-insecure-http 'Send the login over plain http, where others can read it'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'vdk;properties;rollback'= {
            cand -o 'How to print what --dry-run tells'
            cand --output 'How to print what --dry-run tells'
            cand -n 'The data job [default: the one whose config.ini is in the working directory]'
            cand --name 'The data job [default: the one whose config.ini is in the working directory]'
            cand -t 'Its team [default: [owner] team of that config.ini, then the saved default]'
            cand --team 'Its team [default: [owner] team of that config.ini, then the saved default]'
            cand -u 'The Control Service''s base URL, or local for the store on this machine'
            cand --rest-api-url 'The Control Service''s base URL, or local for the store on this machine'
            cand -y 'Do not ask'
            cand --yes 'Do not ask'
            cand --dry-run 'Only tell which keys it would add, change, keep and remove'
            cand --allow-insecure-http 'Send the login over plain http, where others can read it'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'vdk;login'= {
            cand -t 'How to log in'
            cand --auth-type 'How to log in'
            cand -a 'API token; better VDK_API_TOKEN, stdin, or the prompt: other users see command lines'
            cand --api-token 'API token; better VDK_API_TOKEN, stdin, or the prompt: other users see command lines'
            cand -u 'Where the API token is exchanged [default: VDK_API_TOKEN_AUTHORIZATION_URL, else, for a token of its own, /oauth2/token of the Control Service]'
            cand --api-token-authorization-url 'Where the API token is exchanged [default: VDK_API_TOKEN_AUTHORIZATION_URL, else, for a token of its own, /oauth2/token of the Control Service]'
            cand --issuer 'Identity provider: all its addresses are found from this one'
            cand -i 'Client id at the provider'
            cand --client-id 'Client id at the provider'
            cand -s 'Client secret, where the client has one; better VDK_CLIENT_SECRET'
            cand --client-secret 'Client secret, where the client has one; better VDK_CLIENT_SECRET'
            cand -d 'Where the browser is sent to log in'
            cand --oauth2-discovery-url 'Where the browser is sent to log in'
            cand -e 'Where codes and refresh tokens are exchanged'
            cand --oauth2-exchange-url 'Where codes and refresh tokens are exchanged'
            cand --scope 'Scopes to ask for, with spaces between, such as ''openid offline_access'''
            cand --timeout 'How long to wait [default: 120 for the browser, for a device as long as its code is good]'
            cand --allow 'Let the saved login also be sent to this Control Service'
            cand -o 'How to print the status'
            cand --output 'How to print the status'
            cand --allow-insecure-http 'Send the login over plain http, where others can read it'
            cand --status 'Tell who is logged in, where, and until when'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'vdk;logout'= {
            cand --allow-insecure-http 'Send the login over plain http, where others can read it'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'vdk;access'= {
            cand -h 'Print help'
            cand --help 'Print help'
            cand list 'List who may do what in a team'
            cand grant 'Grant a role in a team, or change it'
            cand revoke 'Take a role in a team back'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'vdk;access;list'= {
            cand -t 'The team; * for all'
            cand --team 'The team; * for all'
            cand -u 'The Control Service''s base URL'
            cand --rest-api-url 'The Control Service''s base URL'
            cand -o 'How to print it'
            cand --output 'How to print it'
            cand --allow-insecure-http 'Send the login over plain http, where others can read it'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'vdk;access;grant'= {
            cand --user 'A user, by name'
            cand --service-account 'A service account, by its client id'
            cand --group 'All whose token names this group'
            cand -t 'The team; * for all'
            cand --team 'The team; * for all'
            cand -u 'The Control Service''s base URL'
            cand --rest-api-url 'The Control Service''s base URL'
            cand --allow-insecure-http 'Send the login over plain http, where others can read it'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'vdk;access;revoke'= {
            cand --user 'A user, by name'
            cand --service-account 'A service account, by its client id'
            cand --group 'All whose token names this group'
            cand -t 'The team; * for all'
            cand --team 'The team; * for all'
            cand -u 'The Control Service''s base URL'
            cand --rest-api-url 'The Control Service''s base URL'
            cand --allow-insecure-http 'Send the login over plain http, where others can read it'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'vdk;access;help'= {
            cand list 'List who may do what in a team'
            cand grant 'Grant a role in a team, or change it'
            cand revoke 'Take a role in a team back'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'vdk;access;help;list'= {
        }
        &'vdk;access;help;grant'= {
        }
        &'vdk;access;help;revoke'= {
        }
        &'vdk;access;help;help'= {
        }
        &'vdk;set-default'= {
            cand -t 'The team that commands use without -t'
            cand --team 'The team that commands use without -t'
            cand -u 'The Control Service that commands use without -u: a URL, or local'
            cand --rest-api-url 'The Control Service that commands use without -u: a URL, or local'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'vdk;reset-default'= {
            cand -t 'Forget the default team'
            cand --team 'Forget the default team'
            cand -u 'Forget the default Control Service'
            cand --rest-api-url 'Forget the default Control Service'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'vdk;info'= {
            cand -t 'A team of that Control Service'
            cand --team 'A team of that Control Service'
            cand -u 'The Control Service''s base URL'
            cand --rest-api-url 'The Control Service''s base URL'
            cand -o 'How to print it'
            cand --output 'How to print it'
            cand --allow-insecure-http 'Send the login over plain http, where others can read it'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'vdk;local'= {
            cand -h 'Print help'
            cand --help 'Print help'
            cand status 'Where the store and its master key are'
            cand backup 'Write a consistent copy of the store, still encrypted, to a new file'
            cand export-key 'Write the master key, which opens the store, to a new file'
            cand import-key 'Take the master key of a store that was moved here'
            cand rotate-key 'Make new keys, and seal everything in the store anew'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'vdk;local;status'= {
            cand -o 'How to print it'
            cand --output 'How to print it'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'vdk;local;backup'= {
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'vdk;local;export-key'= {
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'vdk;local;import-key'= {
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'vdk;local;rotate-key'= {
            cand --new-key-file 'New file for the master key where VDK_MASTER_KEY_FILE names the old one; running processes look for it in that name with .new behind it'
            cand --forget-old-key 'Forget the old master key, without which no older backup can be opened'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'vdk;local;help'= {
            cand status 'Where the store and its master key are'
            cand backup 'Write a consistent copy of the store, still encrypted, to a new file'
            cand export-key 'Write the master key, which opens the store, to a new file'
            cand import-key 'Take the master key of a store that was moved here'
            cand rotate-key 'Make new keys, and seal everything in the store anew'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'vdk;local;help;status'= {
        }
        &'vdk;local;help;backup'= {
        }
        &'vdk;local;help;export-key'= {
        }
        &'vdk;local;help;import-key'= {
        }
        &'vdk;local;help;rotate-key'= {
        }
        &'vdk;local;help;help'= {
        }
        &'vdk;version'= {
            cand -o 'How to print it'
            cand --output 'How to print it'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'vdk;completion'= {
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'vdk;server'= {
            cand --config 'Properties file with settings; - is the standard input'
            cand --address 'Address to listen on [default: 127.0.0.1]'
            cand --port 'Port to listen on; 0 takes a free one [default: 8092]'
            cand --check-config 'Tell whether the settings are sound, and start nothing'
            cand --insecure-no-authentication 'Listen beyond loopback although everybody who reaches it may do everything'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand token 'Make, list and revoke API tokens, for those without an identity provider'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'vdk;server;token'= {
            cand -h 'Print help'
            cand --help 'Print help'
            cand create 'Make an API token, and print it: it is shown only now'
            cand list 'List the API tokens, without what they are proved by'
            cand revoke 'Revoke an API token; what was given for it ends within a minute'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'vdk;server;token;create'= {
            cand --user 'Whose it is'
            cand --team 'The team it is for; * for all'
            cand --role 'What it may do there [without: what its user is granted]'
            cand --expires 'When it ends: 12h, 90d, 1year, or never'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'vdk;server;token;list'= {
            cand -o 'Output format'
            cand --output 'Output format'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'vdk;server;token;revoke'= {
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'vdk;server;token;help'= {
            cand create 'Make an API token, and print it: it is shown only now'
            cand list 'List the API tokens, without what they are proved by'
            cand revoke 'Revoke an API token; what was given for it ends within a minute'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'vdk;server;token;help;create'= {
        }
        &'vdk;server;token;help;list'= {
        }
        &'vdk;server;token;help;revoke'= {
        }
        &'vdk;server;token;help;help'= {
        }
        &'vdk;server;help'= {
            cand token 'Make, list and revoke API tokens, for those without an identity provider'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'vdk;server;help;token'= {
            cand create 'Make an API token, and print it: it is shown only now'
            cand list 'List the API tokens, without what they are proved by'
            cand revoke 'Revoke an API token; what was given for it ends within a minute'
        }
        &'vdk;server;help;token;create'= {
        }
        &'vdk;server;help;token;list'= {
        }
        &'vdk;server;help;token;revoke'= {
        }
        &'vdk;server;help;help'= {
        }
        &'vdk;help'= {
            cand secrets 'Set, get, list and delete secrets of a data job'
            cand properties 'Set, get, list and delete properties of a data job'
            cand login 'Log in to a Control Service'
            cand logout 'Forget the login, and revoke it where that can be done'
            cand access 'See and change who may do what with a team''s secrets and properties'
            cand set-default 'Save a default team or Control Service'
            cand reset-default 'Forget a saved default'
            cand info 'Tell the version of a Control Service and the Python versions it supports'
            cand local 'Look after the encrypted store on this machine (-u local)'
            cand version 'Tell the version'
            cand completion 'Print the completions of a shell'
            cand server 'Serve secrets and properties from this machine: the Control Service'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'vdk;help;secrets'= {
        }
        &'vdk;help;properties'= {
        }
        &'vdk;help;login'= {
        }
        &'vdk;help;logout'= {
        }
        &'vdk;help;access'= {
        }
        &'vdk;help;set-default'= {
        }
        &'vdk;help;reset-default'= {
        }
        &'vdk;help;info'= {
        }
        &'vdk;help;local'= {
            cand status 'Where the store and its master key are'
            cand backup 'Write a consistent copy of the store, still encrypted, to a new file'
            cand export-key 'Write the master key, which opens the store, to a new file'
            cand import-key 'Take the master key of a store that was moved here'
            cand rotate-key 'Make new keys, and seal everything in the store anew'
        }
        &'vdk;help;local;status'= {
        }
        &'vdk;help;local;backup'= {
        }
        &'vdk;help;local;export-key'= {
        }
        &'vdk;help;local;import-key'= {
        }
        &'vdk;help;local;rotate-key'= {
        }
        &'vdk;help;version'= {
        }
        &'vdk;help;completion'= {
        }
        &'vdk;help;server'= {
            cand token 'Make, list and revoke API tokens, for those without an identity provider'
        }
        &'vdk;help;server;token'= {
            cand create 'Make an API token, and print it: it is shown only now'
            cand list 'List the API tokens, without what they are proved by'
            cand revoke 'Revoke an API token; what was given for it ends within a minute'
        }
        &'vdk;help;server;token;create'= {
        }
        &'vdk;help;server;token;list'= {
        }
        &'vdk;help;server;token;revoke'= {
        }
        &'vdk;help;help'= {
        }
    ]
    $completions[$command]
}
