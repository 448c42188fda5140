
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
            cand --set 'Set a secret; without VALUE, or before another option, a hidden prompt asks for it. A VALUE may begin with a dash; one that is spelled exactly like an option of this command, such as --list, needs --set-prompt or --set-file'
            cand --set-prompt 'Set a secret from a hidden prompt, or from a line of stdin without a terminal'
            cand --set-file 'Set a secret from a file, byte for byte; - is stdin'
            cand --set-json 'Set a secret to a JSON value: a number, boolean, null, array or object'
            cand --delete 'Delete keys: one or several'
            cand --overwrite-all 'Replace all secrets by the JSON object in FILE; - is stdin'
            cand --get 'Print a secret; may be repeated'
            cand -o 'text: a table; json; raw: the value of one --get and nothing else; dotenv and shell: assignments, where all keys are names of variables; yaml [default: text]'
            cand --output 'text: a table; json; raw: the value of one --get and nothing else; dotenv and shell: assignments, where all keys are names of variables; yaml [default: text]'
            cand --delete-all 'Delete all secrets of the job'
            cand -y 'Do not ask before --delete-all and --overwrite-all'
            cand --yes 'Do not ask before --delete-all and --overwrite-all'
            cand --dry-run 'Only tell which keys a write would add, change, keep and remove'
            cand --list 'List the keys'
            cand --get-all 'List keys and values'
            cand --show-secrets 'With --list: show the values as well'
            cand -h 'Print help'
            cand --help 'Print help'
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
            cand -h 'Print help'
            cand --help 'Print help'
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
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'vdk;properties'= {
            cand -n 'The data job [default: the one whose config.ini is in the working directory]'
            cand --name 'The data job [default: the one whose config.ini is in the working directory]'
            cand -t 'Its team [default: [owner] team of that config.ini, then the saved default]'
            cand --team 'Its team [default: [owner] team of that config.ini, then the saved default]'
            cand -u 'The Control Service''s base URL, or local for the store on this machine'
            cand --rest-api-url 'The Control Service''s base URL, or local for the store on this machine'
            cand --set 'Set a property; without VALUE, or before another option, a hidden prompt asks for it. A VALUE may begin with a dash; one that is spelled exactly like an option of this command, such as --list, needs --set-prompt or --set-file'
            cand --set-prompt 'Set a property from a hidden prompt, or from a line of stdin without a terminal'
            cand --set-file 'Set a property from a file, byte for byte; - is stdin'
            cand --set-json 'Set a property to a JSON value: a number, boolean, null, array or object'
            cand --delete 'Delete keys: one or several'
            cand --overwrite-all 'Replace all properties by the JSON object in FILE; - is stdin'
            cand --get 'Print a property; may be repeated'
            cand -o 'text: a table; json; raw: the value of one --get and nothing else; dotenv and shell: assignments, where all keys are names of variables; yaml [default: text]'
            cand --output 'text: a table; json; raw: the value of one --get and nothing else; dotenv and shell: assignments, where all keys are names of variables; yaml [default: text]'
            cand --delete-all 'Delete all properties of the job'
            cand -y 'Do not ask before --delete-all and --overwrite-all'
            cand --yes 'Do not ask before --delete-all and --overwrite-all'
            cand --dry-run 'Only tell which keys a write would add, change, keep and remove'
            cand --list 'List keys and values'
            cand --get-all 'List keys and values'
            cand -h 'Print help'
            cand --help 'Print help'
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
            cand -h 'Print help'
            cand --help 'Print help'
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
            cand -h 'Print help'
            cand --help 'Print help'
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
        &'vdk;local;help'= {
            cand status 'Where the store and its master key are'
            cand backup 'Write a consistent copy of the store, still encrypted, to a new file'
            cand export-key 'Write the master key, which opens the store, to a new file'
            cand import-key 'Take the master key of a store that was moved here'
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
            cand --config 'Properties file with settings, such as application.properties'
            cand --address 'Address to listen on [default: 127.0.0.1]'
            cand --port 'Port to listen on; 0 takes a free one [default: 8092]'
            cand --check-config 'Tell whether the settings are sound, and start nothing'
            cand --insecure-no-authentication 'Listen beyond loopback although everybody who reaches it may do everything'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'vdk;help'= {
            cand secrets 'Set, get, list and delete secrets of a data job'
            cand properties 'Set, get, list and delete properties of a data job'
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
        }
        &'vdk;help;local;status'= {
        }
        &'vdk;help;local;backup'= {
        }
        &'vdk;help;local;export-key'= {
        }
        &'vdk;help;local;import-key'= {
        }
        &'vdk;help;version'= {
        }
        &'vdk;help;completion'= {
        }
        &'vdk;help;server'= {
        }
        &'vdk;help;help'= {
        }
    ]
    $completions[$command]
}
